import com.openhtmltopdf.pdfboxout.PdfRendererBuilder;
import java.io.ByteArrayOutputStream;
import java.io.File;
import java.nio.file.Files;

/** openhtmltopdf: letters in HTML as PDF/A of parts 1 to 3 and plain. Arguments: folder, count. */
public final class OpenHtml {
    private static final PdfRendererBuilder.PdfAConformance[] LEVELS = {
        PdfRendererBuilder.PdfAConformance.PDFA_1_B, PdfRendererBuilder.PdfAConformance.PDFA_2_B,
        PdfRendererBuilder.PdfAConformance.PDFA_3_B, PdfRendererBuilder.PdfAConformance.PDFA_3_U,
        PdfRendererBuilder.PdfAConformance.PDFA_1_A, PdfRendererBuilder.PdfAConformance.PDFA_2_A,
        PdfRendererBuilder.PdfAConformance.NONE};

    public static void main(String[] args) throws Exception {
        com.openhtmltopdf.util.XRLog.setLoggingEnabled(false);
        for (int i = 0; i < Integer.parseInt(args[1]); i++) {
            try {
                Letter letter = new Letter(i);
                PdfRendererBuilder.PdfAConformance level = LEVELS[i % LEVELS.length];
                PdfRendererBuilder builder = new PdfRendererBuilder();
                builder.withHtmlContent(letter.html(true), "file:///");
                builder.useFont(new File(letter.font()), "Own");
                builder.usePdfAConformance(level);
                if (level != PdfRendererBuilder.PdfAConformance.NONE && !letter.has(20, 6)) builder.useColorProfile(Letter.srgb());
                if (level.name().endsWith("_A")) builder.usePdfUaAccessbility(true);
                ByteArrayOutputStream out = new ByteArrayOutputStream();
                builder.toStream(out);
                builder.run();
                Files.write(new File(args[0], String.format("%03d.pdf", i)).toPath(), out.toByteArray());
            } catch (Throwable e) {
                System.err.println(i + " " + e);
            }
        }
    }
}
