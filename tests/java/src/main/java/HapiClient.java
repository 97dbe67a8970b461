import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.rest.api.EncodingEnum;
import ca.uhn.fhir.rest.api.MethodOutcome;
import ca.uhn.fhir.rest.api.SortSpec;
import ca.uhn.fhir.rest.api.SummaryEnum;
import ca.uhn.fhir.rest.client.api.IGenericClient;
import ca.uhn.fhir.rest.gclient.TokenClientParam;
import ca.uhn.fhir.rest.server.exceptions.BaseServerResponseException;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.Map;
import org.hl7.fhir.dstu3.model.Bundle;
import org.hl7.fhir.dstu3.model.CapabilityStatement;
import org.hl7.fhir.dstu3.model.IdType;
import org.hl7.fhir.dstu3.model.Observation;
import org.hl7.fhir.dstu3.model.OperationOutcome;
import org.hl7.fhir.dstu3.model.Parameters;
import org.hl7.fhir.dstu3.model.Patient;
import org.hl7.fhir.dstu3.model.Reference;
import org.hl7.fhir.dstu3.model.Resource;

/** Walks a FHIR server with the HAPI client, in JSON or XML; prints what it saw, one "name=value" a line. */
public final class HapiClient {
  private static final Map<String, Object> SEEN = new TreeMap<>();

  public static void main(String[] words) {
    FhirContext context = FhirContext.forDstu3();
    context.getRestfulClientFactory().setSocketTimeout(60_000);
    IGenericClient client = context.newRestfulGenericClient(words[0]); // asks the server for its version first
    client.setEncoding(words[1].equals("xml") ? EncodingEnum.XML : EncodingEnum.JSON);
    reads(client);
    writes(client);
    refusals(client);
    SEEN.forEach((name, value) -> System.out.println(name + "=" + value));
  }

  private static List<String> ids(Bundle bundle) {
    List<String> found = new ArrayList<>();
    bundle.getEntry().forEach(entry -> found.add(entry.getResource().getIdElement().getIdPart()));
    return found;
  }

  private static void reads(IGenericClient client) {
    CapabilityStatement statement = client.capabilities().ofType(CapabilityStatement.class).execute();
    SEEN.put("version", statement.getFhirVersion());
    Bundle page = client.search().forResource(Observation.class).sort(new SortSpec("date")).count(1)
        .returnBundle(Bundle.class).execute();
    SEEN.put("total", page.getTotal());
    List<String> all = new ArrayList<>(ids(page));
    Bundle last = page;
    while (page.getLink(Bundle.LINK_NEXT) != null) {
      page = client.loadPage().next(page).execute();
      last = page;
      all.addAll(ids(page));
    }
    SEEN.put("pages", String.join(",", all));
    SEEN.put("previous", String.join(",", ids(client.loadPage().previous(last).execute())));
    SEEN.put("posted", client.search().forResource(Observation.class)
        .where(new TokenClientParam("code").exactly().code("85354-9")).usingStyle(
            ca.uhn.fhir.rest.api.SearchStyleEnum.POST).returnBundle(Bundle.class).execute().getTotal());
    Patient brief = client.read().resource(Patient.class).withId("p1").elementsSubset("name").execute();
    SEEN.put("subset", brief.hasBirthDate() + "," + brief.getMeta().getTag().get(0).getCode());
    Bundle summary = client.search().forResource(Patient.class).summaryMode(SummaryEnum.TRUE)
        .where(Resource.RES_ID.exactly().code("p1")).returnBundle(Bundle.class).execute();
    SEEN.put("summary", ((Patient) summary.getEntryFirstRep().getResource()).hasGeneralPractitioner());
    Bundle included = client.search().forResource(Patient.class).where(Resource.RES_ID.exactly().code("p1"))
        .include(Patient.INCLUDE_GENERAL_PRACTITIONER).revInclude(Observation.INCLUDE_PATIENT)
        .returnBundle(Bundle.class).execute();
    SEEN.put("included", included.getEntry().size());
    SEEN.put("compartment", client.search().byUrl(client.getServerBase() + "/Patient/p2/Observation?_sort=date").returnBundle(Bundle.class)
        .execute().getTotal());
    Bundle document = client.operation().onInstance(new IdType("Composition", "c1")).named("$document")
        .withNoParameters(Parameters.class).useHttpGet().returnResourceType(Bundle.class).execute();
    SEEN.put("document", document.getEntryFirstRep().getResource().fhirType());
  }

  private static Observation observation() {
    Observation found = new Observation();
    found.setStatus(Observation.ObservationStatus.FINAL).setSubject(new Reference("Patient/p1"));
    found.getCode().setText("x");
    found.addIdentifier().setSystem("urn:n").setValue("hapi");
    return found;
  }

  private static void writes(IGenericClient client) {
    MethodOutcome made = client.create().resource(observation())
        .conditionalByUrl("Observation?identifier=urn:n|hapi").execute();
    MethodOutcome again = client.create().resource(observation())
        .conditionalByUrl("Observation?identifier=urn:n|hapi").execute();
    SEEN.put("created", made.getCreated() + "," + made.getId().getIdPart().equals(again.getId().getIdPart()));
    Observation stored = (Observation) made.getResource();
    String id = made.getId().getIdPart();
    stored.setId(id);
    stored.setStatus(Observation.ObservationStatus.AMENDED);
    SEEN.put("updated", client.update().resource(stored).execute().getId().getVersionIdPart());
    SEEN.put("conditionalUpdate", client.update().resource(stored)
        .conditionalByUrl("Observation?identifier=urn:n|hapi").execute().getId().getVersionIdPart());
    SEEN.put("patched", client.patch().withBody("[{\"op\":\"replace\",\"path\":\"/status\",\"value\":\"final\"}]")
        .withId(new IdType("Observation", id)).execute().getId().getVersionIdPart());
    SEEN.put("vread", client.read().resource(Observation.class).withIdAndVersion(id, "2").execute().getStatus());
    SEEN.put("history", client.history().onInstance(new IdType("Observation", id)).andReturnBundle(Bundle.class)
        .execute().getTotal());
    OperationOutcome outcome = (OperationOutcome) client.validate().resource(observation()).execute()
        .getOperationOutcome();
    SEEN.put("validated", outcome.getIssueFirstRep().getSeverity() != null);
    Bundle bundle = new Bundle();
    bundle.setType(Bundle.BundleType.TRANSACTION);
    bundle.addEntry().setFullUrl("urn:uuid:1").setResource(observation()).getRequest()
        .setMethod(Bundle.HTTPVerb.POST).setUrl("Observation").setIfNoneExist("identifier=urn:n|hapi");
    Bundle answer = client.transaction().withBundle(bundle).execute();
    SEEN.put("transaction", answer.getEntryFirstRep().getResponse().getStatus());
    client.delete().resourceById("Observation", id).execute();
    SEEN.put("gone", refused(() -> client.read().resource(Observation.class).withId(id).execute()));
  }

  private static void refusals(IGenericClient client) {
    SEEN.put("unknown", refused(() -> client.search().byUrl("Observation?colour=red")
        .returnBundle(Bundle.class).execute()));
    SEEN.put("missing", refused(() -> client.read().resource(Patient.class).withId("none").execute()));
  }

  /** Status and kind of body of a refusal. */
  private static String refused(Runnable call) {
    try {
      call.run();
      return "accepted";
    } catch (BaseServerResponseException error) {
      return error.getStatusCode() + "," + (error.getOperationOutcome() != null);
    }
  }
}
