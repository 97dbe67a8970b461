import java.io.BufferedOutputStream;
import java.io.ByteArrayInputStream;
import java.io.File;
import java.io.FileOutputStream;
import java.io.OutputStream;
import java.io.StringReader;
import java.nio.file.Files;
import javax.xml.transform.TransformerFactory;
import javax.xml.transform.sax.SAXResult;
import javax.xml.transform.stream.StreamSource;
import org.apache.fop.apps.FOUserAgent;
import org.apache.fop.apps.FopFactory;
import org.apache.fop.apps.FopFactoryBuilder;
import org.apache.fop.configuration.DefaultConfigurationBuilder;

/** Apache FOP: letters in XSL-FO as PDF/A of parts 1 to 3 and plain. Arguments: folder, count. */
public final class Fop {
    private static final String[] MODES = {"PDF/A-1b", "PDF/A-2b", "PDF/A-3b", "PDF/A-2u", "PDF/A-1a", "PDF/A-2a", "PDF/A-3u", null};

    public static void main(String[] args) throws Exception {
        for (int i = 0; i < Integer.parseInt(args[1]); i++) {
            File file = new File(args[0], String.format("%03d.pdf", i));
            try {
                write(new Letter(i), file);
            } catch (Exception e) {
                System.err.println(i + " " + e);
                file.delete();
            }
        }
    }

    private static void write(Letter letter, File file) throws Exception {
        String mode = MODES[letter.index % MODES.length];
        String font = new File("/usr/share/texmf/fonts/type1/public/lm/lmr10.pfb").exists() && letter.has(1, 5)
            ? "/usr/share/texmf/fonts/type1/public/lm/lmr10.pfb"
            : new File("/usr/share/fonts/opentype/urw-base35/NimbusSans-Regular.otf").exists() && letter.has(2, 5)
            ? "/usr/share/fonts/opentype/urw-base35/NimbusSans-Regular.otf" : letter.font();
        String embedding = letter.has(3, 4) ? "encoding-mode=\"single-byte\"" : "";
        String config = "<fop version=\"1.0\"><renderers><renderer mime=\"application/pdf\"><fonts><font embed-url=\"file://" + font
            + "\" " + embedding + "><font-triplet name=\"Own\" style=\"normal\" weight=\"normal\"/>"
            + "<font-triplet name=\"Own\" style=\"normal\" weight=\"bold\"/><font-triplet name=\"Own\" style=\"italic\" weight=\"normal\"/></font></fonts>"
            + (letter.has(4, 3) ? "<filterList><value>flate</value></filterList>" : "") + "</renderer></renderers></fop>";
        FopFactoryBuilder builder = new FopFactoryBuilder(new File(".").toURI());
        builder.setConfiguration(new DefaultConfigurationBuilder().build(new ByteArrayInputStream(config.getBytes("UTF-8"))));
        FopFactory factory = builder.build();
        FOUserAgent agent = factory.newFOUserAgent();
        if (mode != null) agent.getRendererOptions().put("pdf-a-mode", mode);
        if (mode != null && mode.endsWith("a") || letter.has(5, 3)) agent.setAccessibility(true);
        agent.setTitle("Brief " + letter.index);
        if (letter.has(6, 2)) agent.setAuthor(letter.sentence(2));
        if (letter.has(7, 3)) agent.setKeywords("brief, pdf");
        agent.setCreationDate(new java.util.Date(1760000000000L));
        File png = new File(file.getParentFile(), "picture.png");
        Files.write(png.toPath(), letter.picture("png"));
        try (OutputStream out = new BufferedOutputStream(new FileOutputStream(file))) {
            TransformerFactory.newInstance().newTransformer().transform(new StreamSource(new StringReader(fo(letter, mode, png))),
                new SAXResult(factory.newFop("application/pdf", agent, out).getDefaultHandler()));
        } finally {
            png.delete();
        }
    }

    private static String fo(Letter letter, String mode, File png) {
        StringBuilder out = new StringBuilder("<fo:root xmlns:fo=\"http://www.w3.org/1999/XSL/Format\" "
            + "xmlns:fox=\"http://xmlgraphics.apache.org/fop/extensions\" language=\"nl\" country=\"NL\" font-family=\""
            + (mode == null && letter.has(10, 2) ? "Helvetica" : "Own") + "\"><fo:layout-master-set>"
            + "<fo:simple-page-master master-name=\"a\" page-height=\"297mm\" page-width=\"210mm\" margin=\"20mm\"><fo:region-body/></fo:simple-page-master>"
            + "</fo:layout-master-set>");
        if (letter.has(11, 3)) out.append("<fo:bookmark-tree><fo:bookmark internal-destination=\"top\"><fo:bookmark-title>Begin</fo:bookmark-title></fo:bookmark></fo:bookmark-tree>");
        out.append("<fo:page-sequence master-reference=\"a\"><fo:flow flow-name=\"xsl-region-body\"><fo:block id=\"top\" font-size=\"16pt\">Brief "
            + letter.index + "</fo:block>");
        for (int i = 0; i < 3 + letter.index % 12; i++) {
            out.append("<fo:block" + (letter.has(12, 3) ? " color=\"#143c78\"" : letter.has(13, 8) ? " color=\"cmyk(20%,60%,0%,0%)\"" : "") + ">"
                + letter.sentence(14) + "</fo:block>");
        }
        if (letter.has(14, 3)) {
            out.append("<fo:table table-layout=\"fixed\" width=\"100%\"><fo:table-column column-width=\"50%\"/><fo:table-column column-width=\"50%\"/><fo:table-body><fo:table-row>"
                + "<fo:table-cell border=\"1pt solid black\"><fo:block>" + letter.sentence(2) + "</fo:block></fo:table-cell>"
                + "<fo:table-cell><fo:block>12</fo:block></fo:table-cell></fo:table-row></fo:table-body></fo:table>");
        }
        if (letter.has(15, 3)) out.append("<fo:block><fo:basic-link external-destination=\"https://example.com/\">meer</fo:basic-link></fo:block>");
        if (letter.has(16, 2)) out.append("<fo:block><fo:external-graphic fox:alt-text=\"vlek\" src=\"" + png.toURI() + "\"/></fo:block>");
        if (letter.has(17, 4)) out.append("<fo:block><fo:instream-foreign-object fox:alt-text=\"rondje\"><svg xmlns=\"http://www.w3.org/2000/svg\" width=\"60\" height=\"40\">"
            + "<circle cx=\"20\" cy=\"20\" r=\"15\" fill=\"teal\"" + (letter.has(18, 2) ? " opacity=\"0.5\"" : "") + "/></svg></fo:instream-foreign-object></fo:block>");
        return out.append("</fo:flow></fo:page-sequence></fo:root>").toString();
    }
}
