import ca.uhn.fhir.context.ComboSearchParamType;
import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.context.RuntimeSearchParam;
import ca.uhn.fhir.context.support.DefaultProfileValidationSupport;
import ca.uhn.fhir.context.support.IValidationSupport;
import ca.uhn.fhir.interceptor.executor.InterceptorService;
import ca.uhn.fhir.jpa.model.config.PartitionSettings;
import ca.uhn.fhir.jpa.model.entity.StorageSettings;
import ca.uhn.fhir.jpa.searchparam.MatchUrlService;
import ca.uhn.fhir.jpa.searchparam.extractor.ISearchParamExtractor;
import ca.uhn.fhir.jpa.searchparam.extractor.ResourceIndexedSearchParams;
import ca.uhn.fhir.jpa.searchparam.extractor.SearchParamExtractorDstu3;
import ca.uhn.fhir.jpa.searchparam.extractor.SearchParamExtractorService;
import ca.uhn.fhir.jpa.searchparam.matcher.InMemoryMatchResult;
import ca.uhn.fhir.jpa.searchparam.matcher.InMemoryResourceMatcher;
import ca.uhn.fhir.jpa.searchparam.matcher.IndexedSearchParamExtractor;
import ca.uhn.fhir.rest.api.server.SystemRequestDetails;
import ca.uhn.fhir.rest.server.util.FhirContextSearchParamRegistry;
import ca.uhn.fhir.rest.server.util.ISearchParamRegistry;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.hl7.fhir.instance.model.api.IBaseResource;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** Answers queries with HAPI's in-memory matcher: {@code SearchReferee RESOURCES QUERIES.tsv}; one line per query. */
public class SearchReferee {
  @Configuration
  static class Wiring {
    @Bean
    FhirContext context() {
      return FhirContext.forDstu3();
    }

    @Bean
    IValidationSupport support(FhirContext context) {
      return new DefaultProfileValidationSupport(context);
    }

    @Bean
    StorageSettings settings() {
      return new StorageSettings();
    }

    @Bean
    PartitionSettings partitions() {
      return new PartitionSettings();
    }

    @Bean
    InterceptorService interceptors() {
      return new InterceptorService();
    }

    @Bean
    ISearchParamRegistry registry(FhirContext context) {
      return new FhirContextSearchParamRegistry(context) {
        @Override
        public List<RuntimeSearchParam> getActiveComboSearchParams(String type, Set<String> names) {
          return Collections.emptyList();
        }

        @Override
        public List<RuntimeSearchParam> getActiveComboSearchParams(String type) {
          return Collections.emptyList();
        }

        @Override
        public List<RuntimeSearchParam> getActiveComboSearchParams(String type, ComboSearchParamType combo) {
          return Collections.emptyList();
        }
      };
    }

    @Bean
    ISearchParamExtractor extractor() {
      return new SearchParamExtractorDstu3();
    }

    @Bean
    SearchParamExtractorService service() {
      return new SearchParamExtractorService();
    }

    @Bean
    IndexedSearchParamExtractor indexed() {
      return new IndexedSearchParamExtractor();
    }

    @Bean
    MatchUrlService urls() {
      return new MatchUrlService();
    }

    @Bean
    InMemoryResourceMatcher matcher() {
      return new InMemoryResourceMatcher();
    }
  }

  record Held(String key, String type, IBaseResource resource, ResourceIndexedSearchParams index) {}

  public static void main(String[] arguments) throws Exception {
    try (var spring = new AnnotationConfigApplicationContext(Wiring.class)) {
      FhirContext context = spring.getBean(FhirContext.class);
      IndexedSearchParamExtractor extractor = spring.getBean(IndexedSearchParamExtractor.class);
      InMemoryResourceMatcher matcher = spring.getBean(InMemoryResourceMatcher.class);
      List<Held> held = new ArrayList<>();
      try (Stream<Path> files = Files.list(Path.of(arguments[0]))) {
        for (Path file : files.sorted().toList()) {
          IBaseResource resource = context.newJsonParser().parseResource(Files.readString(file));
          String type = resource.fhirType();
          held.add(
              new Held(
                  type + "/" + resource.getIdElement().getIdPart(),
                  type,
                  resource,
                  extractor.extractIndexedSearchParams(resource, new SystemRequestDetails())));
        }
      }
      for (String line : Files.readAllLines(Path.of(arguments[1]))) {
        String[] parts = line.split("\t");
        System.out.println(parts[0] + "\t" + answer(matcher, held, parts[1], parts[2]));
      }
    }
  }

  private static String answer(InMemoryResourceMatcher matcher, List<Held> held, String type, String query) {
    List<String> found = new ArrayList<>();
    try {
      for (Held item : held) {
        if (!item.type().equals(type)) continue;
        InMemoryMatchResult result =
            matcher.match(type + "?" + query, item.resource(), item.index(), new SystemRequestDetails());
        if (!result.supported()) return "REFUSED";
        if (result.matched()) found.add(item.key());
      }
    } catch (RuntimeException refused) {
      return "REFUSED";
    }
    return String.join(" ", found);
  }
}
