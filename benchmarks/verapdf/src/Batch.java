import java.io.File;
import java.io.FileInputStream;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.TreeSet;
import org.verapdf.gf.foundry.VeraGreenfieldFoundryProvider;
import org.verapdf.pdfa.Foundries;
import org.verapdf.pdfa.PDFAParser;
import org.verapdf.pdfa.PDFAValidator;
import org.verapdf.pdfa.flavours.PDFAFlavour;
import org.verapdf.pdfa.results.TestAssertion;
import org.verapdf.pdfa.results.ValidationResult;
import org.verapdf.pdfa.validation.profiles.Profiles;
import org.verapdf.pdfa.validation.profiles.Rule;

/**
 * Runs veraPDF over many files in one process. Each input line is "flavour TAB path" (flavour "auto" = as claimed);
 * each output line is one JSON object {file, flavour, valid, rules: {id: count}, where: {id: first context}, ms, error}.
 * With the single argument "rules": prints "flavour TAB id TAB object type" for every rule in scope.
 */
public class Batch {
    public static void main(String[] args) throws Exception {
        java.util.logging.LogManager.getLogManager().reset();
        VeraGreenfieldFoundryProvider.initialise();
        if (args.length == 1 && args[0].equals("rules")) {
            for (String f : new String[] {"1b", "1a", "2b", "2u", "2a", "3b", "3u", "3a"}) {
                for (Rule r : Profiles.getVeraProfileDirectory()
                        .getValidationProfileByFlavour(PDFAFlavour.byFlavourId(f)).getRules()) {
                    System.out.println(f + "\t" + r.getRuleId().getClause() + "-" + r.getRuleId().getTestNumber()
                        + "\t" + r.getObject());
                }
            }
            return;
        }
        List<String> lines = args.length > 0 ? Files.readAllLines(Paths.get(args[0]), StandardCharsets.UTF_8)
            : new ArrayList<>();
        if (args.length == 0) {
            java.io.BufferedReader in = new java.io.BufferedReader(
                new java.io.InputStreamReader(System.in, StandardCharsets.UTF_8));
            for (String l = in.readLine(); l != null; l = in.readLine()) lines.add(l);
        }
        for (String line : lines) {
            int tab = line.indexOf('\t');
            System.out.println(one(line.substring(0, tab), line.substring(tab + 1)));
            System.out.flush();
        }
    }

    private static String one(String flavourId, String path) {
        long start = System.nanoTime();
        StringBuilder out = new StringBuilder("{\"file\": " + quote(path));
        PDFAFlavour flavour = flavourId.equals("auto") ? PDFAFlavour.NO_FLAVOUR : PDFAFlavour.byFlavourId(flavourId);
        try (InputStream in = new FileInputStream(new File(path));
             PDFAParser parser = flavour == PDFAFlavour.NO_FLAVOUR
                 ? Foundries.defaultInstance().createParser(in)
                 : Foundries.defaultInstance().createParser(in, flavour)) {
            PDFAFlavour used = flavour == PDFAFlavour.NO_FLAVOUR ? parser.getFlavour() : flavour;
            PDFAValidator validator = Foundries.defaultInstance().createValidator(used, false);
            ValidationResult result = validator.validate(parser);
            TreeMap<String, Integer> rules = new TreeMap<>();
            TreeMap<String, String> where = new TreeMap<>();
            for (TestAssertion a : result.getTestAssertions()) {
                if (a.getStatus() != TestAssertion.Status.FAILED) continue;
                String id = a.getRuleId().getClause() + "-" + a.getRuleId().getTestNumber();
                rules.merge(id, 1, Integer::sum);
                where.putIfAbsent(id, a.getLocation().getContext());
            }
            out.append(", \"flavour\": ").append(quote(used.getId()));
            out.append(", \"valid\": ").append(result.isCompliant()).append(", \"rules\": {");
            String sep = "";
            for (var e : rules.entrySet()) {
                out.append(sep).append(quote(e.getKey())).append(": ").append(e.getValue());
                sep = ", ";
            }
            out.append("}, \"where\": {");
            sep = "";
            for (var e : where.entrySet()) {
                out.append(sep).append(quote(e.getKey())).append(": ").append(quote(e.getValue()));
                sep = ", ";
            }
            out.append("}");
        } catch (Throwable e) {
            out.append(", \"error\": ").append(quote(String.valueOf(e)));
        }
        return out.append(", \"ms\": ").append((System.nanoTime() - start) / 1000000.0).append("}").toString();
    }

    private static String quote(String s) {
        if (s == null) return "null";
        StringBuilder b = new StringBuilder("\"");
        for (char c : s.toCharArray()) {
            if (c == '"' || c == '\\') b.append('\\').append(c);
            else if (c < 32 || c > 126) b.append(String.format("\\u%04x", (int) c));
            else b.append(c);
        }
        return b.append('"').toString();
    }
}
