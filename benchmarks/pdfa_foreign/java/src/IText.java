import com.itextpdf.forms.PdfAcroForm;
import com.itextpdf.forms.fields.PdfFormField;
import com.itextpdf.forms.fields.TextFormFieldBuilder;
import com.itextpdf.io.font.PdfEncodings;
import com.itextpdf.io.image.ImageDataFactory;
import com.itextpdf.kernel.colors.ColorConstants;
import com.itextpdf.kernel.colors.DeviceCmyk;
import com.itextpdf.kernel.colors.DeviceRgb;
import com.itextpdf.kernel.font.PdfFont;
import com.itextpdf.kernel.font.PdfFontFactory;
import com.itextpdf.kernel.geom.Rectangle;
import com.itextpdf.kernel.pdf.EncryptionConstants;
import com.itextpdf.kernel.pdf.PdfAConformanceLevel;
import com.itextpdf.kernel.pdf.PdfDocument;
import com.itextpdf.kernel.pdf.PdfName;
import com.itextpdf.kernel.pdf.PdfOutline;
import com.itextpdf.kernel.pdf.PdfOutputIntent;
import com.itextpdf.kernel.pdf.PdfString;
import com.itextpdf.kernel.pdf.PdfVersion;
import com.itextpdf.kernel.pdf.PdfViewerPreferences;
import com.itextpdf.kernel.pdf.PdfWriter;
import com.itextpdf.kernel.pdf.WriterProperties;
import com.itextpdf.kernel.pdf.action.PdfAction;
import com.itextpdf.kernel.pdf.filespec.PdfFileSpec;
import com.itextpdf.layout.Document;
import com.itextpdf.layout.element.Image;
import com.itextpdf.layout.element.Link;
import com.itextpdf.layout.element.List;
import com.itextpdf.layout.element.Paragraph;
import com.itextpdf.layout.element.Table;
import com.itextpdf.pdfa.PdfADocument;
import java.io.ByteArrayInputStream;
import java.io.File;

/** iText 8: letters as PDF/A of parts 1 to 3 and plain, each with some features. Arguments: folder, count. */
public final class IText {
    private static final PdfAConformanceLevel[] LEVELS = {
        PdfAConformanceLevel.PDF_A_1B, PdfAConformanceLevel.PDF_A_2B, PdfAConformanceLevel.PDF_A_3B, PdfAConformanceLevel.PDF_A_2U,
        PdfAConformanceLevel.PDF_A_1A, PdfAConformanceLevel.PDF_A_2A, PdfAConformanceLevel.PDF_A_3A, PdfAConformanceLevel.PDF_A_3U, null};

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
        PdfAConformanceLevel level = LEVELS[letter.index % LEVELS.length];
        WriterProperties properties = new WriterProperties();
        if (level == null || !level.getPart().equals("1")) properties.setFullCompressionMode(letter.has(1, 2));
        if (level == null && letter.has(2, 3)) {
            properties.setStandardEncryption(null, "owner".getBytes(), 4, EncryptionConstants.ENCRYPTION_AES_128);
        }
        if (level == null && letter.has(3, 2)) properties.addXmpMetadata();
        PdfWriter writer = new PdfWriter(file.getPath(), properties);
        PdfOutputIntent intent = new PdfOutputIntent("Custom", "", "http://www.color.org", "sRGB IEC61966-2.1", new ByteArrayInputStream(Letter.srgb()));
        PdfDocument pdf = level == null ? new PdfDocument(writer) : new PdfADocument(writer, level, intent);
        boolean tagged = level != null && level.getConformance().equals("A");
        if (tagged) {
            pdf.setTagged();
            pdf.getCatalog().setLang(new PdfString("nl-NL"));
        }
        pdf.getCatalog().setViewerPreferences(new PdfViewerPreferences().setDisplayDocTitle(true));
        pdf.getDocumentInfo().setTitle("Brief " + letter.index);
        if (letter.has(4, 2)) pdf.getDocumentInfo().setAuthor(letter.sentence(2));
        if (letter.has(5, 3)) pdf.getDocumentInfo().setKeywords("brief, pdf");
        if (letter.has(6, 3)) pdf.getDocumentInfo().setSubject(letter.sentence(3));
        Document doc = new Document(pdf);
        String encoding = letter.has(7, 3) ? PdfEncodings.WINANSI : PdfEncodings.IDENTITY_H;
        String path = letter.font();
        File otf = new File("/usr/share/fonts/opentype/urw-base35/NimbusSans-Regular.otf");
        if (letter.has(8, 5) && otf.exists()) path = otf.getPath();
        PdfFont font = level == null && letter.has(9, 3) ? PdfFontFactory.createFont()
            : PdfFontFactory.createFont(path, encoding, PdfFontFactory.EmbeddingStrategy.PREFER_EMBEDDED);
        font.setSubset(!letter.has(10, 4));
        doc.setFont(font);
        for (int i = 0; i < 3 + letter.index % 12; i++) {
            Paragraph p = new Paragraph(letter.sentence(14));
            if (letter.has(11, 3)) p.setFontColor(new DeviceRgb(20, 60, 120));
            if (level == null && letter.has(12, 3)) p.setFontColor(new DeviceCmyk(20, 60, 12, 0));
            if ((level == null || !level.getPart().equals("1")) && letter.has(13, 4)) p.setOpacity(0.5f);
            doc.add(p);
        }
        if (letter.has(14, 3)) {
            Table table = new Table(2);
            for (int i = 0; i < 6; i++) table.addCell(letter.sentence(2));
            doc.add(table);
        }
        if (letter.has(15, 4)) doc.add(new List().add(letter.sentence(2)).add(letter.sentence(3)));
        if (letter.has(16, 3)) doc.add(new Paragraph().add(new Link("meer", PdfAction.createURI("https://example.com/"))));
        if (letter.has(17, 2)) {
            Image image = new Image(ImageDataFactory.create(letter.picture(letter.index % 2 == 0 ? "png" : "jpg")));
            if (tagged) image.getAccessibilityProperties().setAlternateDescription("een vlek");
            doc.add(image);
        }
        if (letter.has(18, 4)) {
            PdfOutline outline = pdf.getOutlines(false).addOutline("Begin");
            outline.addDestination(com.itextpdf.kernel.pdf.navigation.PdfExplicitDestination.createFit(pdf.getFirstPage()));
        }
        if ((level == null || level.getPart().equals("3")) && letter.has(19, 2)) {
            PdfFileSpec spec = PdfFileSpec.createEmbeddedFileSpec(pdf, "<a/>".getBytes(), "data", "data.xml",
                new PdfName("text/xml"), null, PdfName.Data);
            pdf.addAssociatedFile("data.xml", spec);
        }
        if (letter.has(20, 6)) {
            PdfAcroForm form = PdfAcroForm.getAcroForm(pdf, true);
            TextFormFieldBuilder builder = new TextFormFieldBuilder(pdf, "naam").setWidgetRectangle(new Rectangle(60, 100, 150, 20)).setFont(font);
            if (level != null) builder.setConformanceLevel(level);
            PdfFormField field = builder.createText();
            field.setValue("Jansen");
            form.addField(field);
        }
        doc.close();
    }
}
