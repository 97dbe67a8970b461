import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.context.support.DefaultProfileValidationSupport;
import ca.uhn.fhir.context.support.IValidationSupport;
import ca.uhn.fhir.parser.IParser;
import ca.uhn.fhir.parser.LenientErrorHandler;
import ca.uhn.fhir.validation.FhirValidator;
import ca.uhn.fhir.validation.SingleValidationMessage;
import ca.uhn.fhir.validation.ValidationOptions;
import com.sun.management.OperatingSystemMXBean;
import java.io.BufferedWriter;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.hl7.fhir.common.hapi.validation.support.CachingValidationSupport;
import org.hl7.fhir.common.hapi.validation.support.CommonCodeSystemsTerminologyService;
import org.hl7.fhir.common.hapi.validation.support.InMemoryTerminologyServerValidationSupport;
import org.hl7.fhir.common.hapi.validation.support.PrePopulatedValidationSupport;
import org.hl7.fhir.common.hapi.validation.support.SnapshotGeneratingValidationSupport;
import org.hl7.fhir.common.hapi.validation.support.UnknownCodeSystemWarningValidationSupport;
import org.hl7.fhir.common.hapi.validation.support.ValidationSupportChain;
import org.hl7.fhir.common.hapi.validation.validator.FhirInstanceValidator;
import org.hl7.fhir.instance.model.api.IBaseResource;

/**
 * Runs HAPI's STU3 instance validator over a list of files, in one process.
 *
 * <p>Arguments: {@code --package DIR}* (folders with STU3 conformance resources), {@code --list FILE} (one path per
 * line), {@code --out FILE} (one JSON object per line), {@code --repeat N} (how often the whole list is run; the
 * CPU times of the last pass are written, so N=2 gives warm times), {@code --passes FILE} (one JSON object per pass:
 * CPU seconds of the validating thread, and of the whole process with collector and compiler).
 */
public final class HapiBatch {
  private static final ThreadMXBean CPU = ManagementFactory.getThreadMXBean();
  private static final OperatingSystemMXBean PROCESS =
      (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();

  private static String quote(String text) {
    if (text == null) return "null";
    StringBuilder out = new StringBuilder("\"");
    for (char c : text.toCharArray()) {
      if (c == '"' || c == '\\') out.append('\\').append(c);
      else if (c < 0x20) out.append(String.format("\\u%04x", (int) c));
      else out.append(c);
    }
    return out.append('"').toString();
  }

  private static void load(FhirContext context, PrePopulatedValidationSupport support, Path folder) throws Exception {
    IParser xml = context.newXmlParser();
    IParser json = context.newJsonParser();
    List<Path> files;
    try (Stream<Path> walk = Files.walk(folder)) {
      files = walk.filter(Files::isRegularFile).sorted().toList();
    }
    int count = 0;
    for (Path file : files) {
      String name = file.toString();
      if (name.contains("/Examples/") || !(name.endsWith(".xml") || name.endsWith(".json"))) continue;
      try {
        String text = Files.readString(file);
        IBaseResource resource = name.endsWith(".xml") ? xml.parseResource(text) : json.parseResource(text);
        String type = context.getResourceType(resource);
        if (List.of("StructureDefinition", "ValueSet", "CodeSystem").contains(type)) {
          support.addResource(resource);
          count++;
        }
      } catch (Exception e) {
        System.err.println("not loaded: " + file.getFileName() + ": " + e.getMessage());
      }
    }
    System.err.println(folder + ": " + count + " conformance resources");
  }

  public static void main(String[] args) throws Exception {
    Locale.setDefault(Locale.ENGLISH);
    List<Path> packages = new ArrayList<>();
    Path list = null;
    Path out = null;
    Path passes = null;
    int repeat = 1;
    for (int i = 0; i < args.length; i += 2) {
      switch (args[i]) {
        case "--package" -> packages.add(Path.of(args[i + 1]));
        case "--list" -> list = Path.of(args[i + 1]);
        case "--out" -> out = Path.of(args[i + 1]);
        case "--passes" -> passes = Path.of(args[i + 1]);
        case "--repeat" -> repeat = Integer.parseInt(args[i + 1]);
        default -> throw new IllegalArgumentException(args[i]);
      }
    }
    FhirContext context = FhirContext.forDstu3();
    context.setParserErrorHandler(new LenientErrorHandler(false));
    PrePopulatedValidationSupport loaded = new PrePopulatedValidationSupport(context);
    for (Path folder : packages) load(context, loaded, folder);
    UnknownCodeSystemWarningValidationSupport unknown = new UnknownCodeSystemWarningValidationSupport(context);
    unknown.setNonExistentCodeSystemSeverity(IValidationSupport.IssueSeverity.WARNING);
    ValidationSupportChain chain = new ValidationSupportChain(
        new DefaultProfileValidationSupport(context),
        loaded,
        new CommonCodeSystemsTerminologyService(context),
        new InMemoryTerminologyServerValidationSupport(context),
        new SnapshotGeneratingValidationSupport(context),
        unknown);
    FhirInstanceValidator instance = new FhirInstanceValidator(new CachingValidationSupport(chain));
    instance.setAnyExtensionsAllowed(true);
    instance.setErrorForUnknownProfiles(false);
    instance.setNoTerminologyChecks(false);
    instance.setAssumeValidRestReferences(true);
    FhirValidator validator = context.newValidator();
    validator.registerValidatorModule(instance);
    List<String> files = Files.readAllLines(list, StandardCharsets.UTF_8);
    StringBuilder times = new StringBuilder();
    for (int pass = 0; pass < repeat; pass++) {
      boolean last = pass == repeat - 1;
      long started = System.nanoTime();
      long thread = CPU.getCurrentThreadCpuTime();
      long process = PROCESS.getProcessCpuTime();
      try (BufferedWriter writer = last ? Files.newBufferedWriter(out) : null) {
        for (String file : files) {
          if (file.isBlank()) continue;
          String text = new String(Files.readAllBytes(Path.of(file)), StandardCharsets.UTF_8); // foreign: any bytes
          if (text.startsWith("\uFEFF<")) text = text.substring(1); // XML may start with a byte order mark
          StringBuilder line = new StringBuilder("{\"file\":" + quote(file));
          long start = CPU.getCurrentThreadCpuTime();
          List<SingleValidationMessage> messages = List.of();
          String crash = null;
          try {
            messages = validator.validateWithResult(text, new ValidationOptions()).getMessages();
          } catch (Throwable e) {
            crash = e.toString();
          }
          double ms = (CPU.getCurrentThreadCpuTime() - start) / 1e6;
          if (!last) continue;
          boolean accept = crash == null;
          StringBuilder issues = new StringBuilder();
          for (SingleValidationMessage m : messages) {
            String severity = m.getSeverity().getCode();
            boolean error = severity.equals("error") || severity.equals("fatal");
            accept &= !error;
            if (issues.length() > 0) issues.append(',');
            issues.append("{\"severity\":").append(quote(severity))
                .append(",\"path\":").append(quote(m.getLocationString()))
                .append(",\"line\":").append(m.getLocationLine())
                .append(",\"column\":").append(m.getLocationCol())
                .append(",\"id\":").append(quote(m.getMessageId()))
                .append(",\"message\":").append(quote(m.getMessage())).append('}');
          }
          line.append(",\"accept\":").append(accept)
              .append(",\"crash\":").append(quote(crash))
              .append(String.format(Locale.ROOT, ",\"ms\":%.3f", ms))
              .append(",\"issues\":[").append(issues).append("]}");
          writer.write(line.toString());
          writer.newLine();
        }
      }
      times.append(String.format(Locale.ROOT, "{\"thread\":%.3f,\"process\":%.3f,\"clock\":%.3f}%n",
          (CPU.getCurrentThreadCpuTime() - thread) / 1e9, (PROCESS.getProcessCpuTime() - process) / 1e9,
          (System.nanoTime() - started) / 1e9));
      System.err.printf("pass %d: %d files in %.1f s%n", pass + 1, files.size(), (System.nanoTime() - started) / 1e9);
    }
    if (passes != null) Files.writeString(passes, times);
  }
}
