import com.lowagie.text.Anchor;
import com.lowagie.text.Chunk;
import com.lowagie.text.Document;
import com.lowagie.text.Font;
import com.lowagie.text.Image;
import com.lowagie.text.PageSize;
import com.lowagie.text.Paragraph;
import com.lowagie.text.Rectangle;
import com.lowagie.text.pdf.BaseFont;
import com.lowagie.text.pdf.CMYKColor;
import com.lowagie.text.pdf.PdfAnnotation;
import com.lowagie.text.pdf.PdfContentByte;
import com.lowagie.text.pdf.PdfFileSpecification;
import com.lowagie.text.pdf.PdfGState;
import com.lowagie.text.pdf.PdfOutline;
import com.lowagie.text.pdf.PdfDestination;
import com.lowagie.text.pdf.PdfPTable;
import com.lowagie.text.pdf.PdfWriter;
import com.lowagie.text.pdf.TextField;
import java.awt.Color;
import java.awt.color.ICC_Profile;
import java.io.File;
import java.io.FileOutputStream;

/** OpenPDF: letters as PDF/A-1b, -1a and plain, each with some features. Arguments: folder, count. */
public final class OpenPdf {
    public static void main(String[] args) throws Exception {
        for (int i = 0; i < Integer.parseInt(args[1]); i++) {
            try {
                write(new Letter(i), new File(args[0], String.format("%03d.pdf", i)));
            } catch (Exception e) {
                System.err.println(i + " " + e);
                new File(args[0], String.format("%03d.pdf", i)).delete();
            }
        }
    }

    private static void write(Letter letter, File file) throws Exception {
        Document doc = new Document(PageSize.A4);
        PdfWriter writer = PdfWriter.getInstance(doc, new FileOutputStream(file));
        int kind = letter.index % 4;
        if (kind < 3) writer.setPDFXConformance(kind == 1 ? PdfWriter.PDFA1A : PdfWriter.PDFA1B);
        if (kind == 1) writer.setTagged();
        if (kind == 3 && letter.has(1, 2)) writer.setFullCompression();
        if (kind == 3 && letter.has(2, 6)) {
            writer.setEncryption(null, "owner".getBytes(), PdfWriter.ALLOW_PRINTING, PdfWriter.ENCRYPTION_AES_128);
        }
        doc.addTitle("Brief " + letter.index);
        if (letter.has(3, 2)) doc.addAuthor(letter.sentence(2));
        if (letter.has(4, 3)) doc.addSubject(letter.sentence(2));
        if (letter.has(5, 3)) doc.addKeywords("brief, pdf");
        doc.addCreationDate();
        if (kind < 3 || letter.has(6, 2)) writer.createXmpMetadata();
        doc.open();
        if (kind < 3 && !letter.has(7, 9)) {
            writer.setOutputIntents("Custom", "", "http://www.color.org", "sRGB IEC61966-2.1", ICC_Profile.getInstance(Letter.srgb()));
        }
        String encoding = letter.has(8, 3) ? BaseFont.WINANSI : BaseFont.IDENTITY_H;
        BaseFont base = kind == 3 && letter.has(9, 2) ? BaseFont.createFont() : BaseFont.createFont(letter.font(), encoding, BaseFont.EMBEDDED);
        File type1 = new File("/usr/share/texmf/fonts/type1/public/lm/lmr10.pfb");
        File otf = new File("/usr/share/fonts/opentype/urw-base35/NimbusSans-Regular.otf");
        if (letter.has(10, 5) && otf.exists()) base = BaseFont.createFont(otf.getPath(), encoding, BaseFont.EMBEDDED);
        base.setSubset(!letter.has(11, 4));
        Color color = letter.has(12, 4) ? new Color(20, 60, 120) : letter.has(13, 7) ? new CMYKColor(0.2f, 0.8f, 0f, 0f) : Color.BLACK;
        Font font = new Font(base, 11, letter.has(14, 6) ? Font.BOLD : Font.NORMAL, color);
        for (int i = 0; i < 3 + letter.index % 12; i++) doc.add(new Paragraph(letter.sentence(14), font));
        if (letter.has(15, 3)) {
            PdfPTable table = new PdfPTable(2);
            for (int i = 0; i < 6; i++) table.addCell(new Paragraph(letter.sentence(2), font));
            doc.add(table);
        }
        if (letter.has(16, 3)) {
            Anchor anchor = new Anchor(new Chunk("meer", font));
            anchor.setReference("https://example.com/");
            doc.add(anchor);
        }
        if (letter.has(17, 2)) {
            Image image = letter.index % 2 == 0 ? Image.getInstance(letter.picture("png")) : Image.getInstance(letter.picture("jpg"));
            image.setInterpolation(letter.has(18, 7));
            doc.add(image);
        }
        PdfContentByte out = writer.getDirectContent();
        if (letter.has(19, 5)) {
            PdfGState state = new PdfGState();
            state.setFillOpacity(0.4f);
            try {
                out.setGState(state);
            } catch (RuntimeException refused) {
                System.err.println(letter.index + " " + refused.getMessage());
            }
            out.rectangle(60, 60, 80, 40);
            out.fill();
        }
        if (letter.has(20, 4)) new PdfOutline(out.getRootOutline(), new PdfDestination(PdfDestination.FIT), "Begin");
        if (letter.has(21, 8) && kind == 3) {
            writer.addFileAttachment("data", PdfFileSpecification.fileEmbedded(writer, null, "data.xml", "<a/>".getBytes()));
        }
        if (letter.has(22, 8)) {
            TextField field = new TextField(writer, new Rectangle(60, 200, 200, 220), "naam");
            field.setFont(base);
            field.setText("Jansen");
            writer.addAnnotation(field.getTextField());
        }
        if (letter.has(23, 10)) {
            PdfAnnotation note = PdfAnnotation.createText(writer, new Rectangle(200, 700, 220, 720), "t", "let op", false, "Note");
            note.setFlags(PdfAnnotation.FLAGS_PRINT);
            writer.addAnnotation(note);
        }
        doc.close();
    }
}
