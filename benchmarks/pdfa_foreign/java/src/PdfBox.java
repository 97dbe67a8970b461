import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.File;
import java.util.Calendar;
import java.util.TimeZone;
import org.apache.pdfbox.cos.COSName;
import org.apache.pdfbox.pdmodel.PDDocument;
import org.apache.pdfbox.pdmodel.PDDocumentInformation;
import org.apache.pdfbox.pdmodel.PDEmbeddedFilesNameTreeNode;
import org.apache.pdfbox.pdmodel.PDDocumentNameDictionary;
import org.apache.pdfbox.pdmodel.PDPage;
import org.apache.pdfbox.pdmodel.PDPageContentStream;
import org.apache.pdfbox.pdmodel.common.PDMetadata;
import org.apache.pdfbox.pdmodel.common.PDRectangle;
import org.apache.pdfbox.pdmodel.common.filespecification.PDComplexFileSpecification;
import org.apache.pdfbox.pdmodel.common.filespecification.PDEmbeddedFile;
import org.apache.pdfbox.pdmodel.documentinterchange.logicalstructure.PDMarkInfo;
import org.apache.pdfbox.pdmodel.documentinterchange.logicalstructure.PDStructureTreeRoot;
import org.apache.pdfbox.pdmodel.encryption.AccessPermission;
import org.apache.pdfbox.pdmodel.encryption.StandardProtectionPolicy;
import org.apache.pdfbox.pdmodel.font.PDFont;
import org.apache.pdfbox.pdmodel.font.PDTrueTypeFont;
import org.apache.pdfbox.pdmodel.font.PDType0Font;
import org.apache.pdfbox.pdmodel.font.PDType1Font;
import org.apache.pdfbox.pdmodel.font.encoding.WinAnsiEncoding;
import org.apache.pdfbox.pdmodel.graphics.color.PDOutputIntent;
import org.apache.pdfbox.pdmodel.graphics.image.JPEGFactory;
import org.apache.pdfbox.pdmodel.graphics.image.LosslessFactory;
import org.apache.pdfbox.pdmodel.graphics.image.CCITTFactory;
import org.apache.pdfbox.pdmodel.graphics.image.PDImageXObject;
import org.apache.pdfbox.pdmodel.graphics.state.PDExtendedGraphicsState;
import org.apache.pdfbox.pdmodel.interactive.action.PDActionURI;
import org.apache.pdfbox.pdmodel.interactive.annotation.PDAnnotationLink;
import org.apache.pdfbox.pdmodel.interactive.annotation.PDAnnotationText;
import org.apache.pdfbox.pdmodel.interactive.documentnavigation.outline.PDDocumentOutline;
import org.apache.pdfbox.pdmodel.interactive.documentnavigation.outline.PDOutlineItem;
import org.apache.pdfbox.pdmodel.interactive.form.PDAcroForm;
import org.apache.pdfbox.pdmodel.interactive.form.PDTextField;
import org.apache.pdfbox.pdmodel.interactive.annotation.PDAnnotationWidget;
import org.apache.pdfbox.pdmodel.PDResources;
import org.apache.xmpbox.XMPMetadata;
import org.apache.xmpbox.schema.AdobePDFSchema;
import org.apache.xmpbox.schema.DublinCoreSchema;
import org.apache.xmpbox.schema.PDFAIdentificationSchema;
import org.apache.xmpbox.schema.XMPBasicSchema;
import org.apache.xmpbox.xml.XmpSerializer;

/** Apache PDFBox: letters as PDF/A-1b, -1a, -2b, -2u, -3b and plain, each with some features. Arguments: folder, count. */
public final class PdfBox {
    public static void main(String[] args) throws Exception {
        for (int i = 0; i < Integer.parseInt(args[1]); i++) {
            try {
                write(new Letter(i), new File(args[0], String.format("%03d.pdf", i)));
            } catch (Exception e) {
                System.err.println(i + " " + e);
            }
        }
    }

    private static void write(Letter letter, File file) throws Exception {
        String[] claims = {"1B", "2B", "3B", "2U", "1A", null};
        String claim = claims[letter.index % claims.length];
        try (PDDocument doc = new PDDocument()) {
            doc.setVersion(claim != null && claim.startsWith("1") ? 1.4f : 1.7f);
            PDFont font = font(doc, letter);
            for (int p = 0; p < 1 + letter.index % 3; p++) page(doc, letter, font, p);
            Calendar now = Calendar.getInstance(TimeZone.getTimeZone("Europe/Amsterdam"));
            now.setTimeInMillis(1760000000000L + letter.index * 86400000L);
            PDDocumentInformation info = doc.getDocumentInformation();
            info.setTitle("Brief " + letter.index);
            info.setProducer("Apache PDFBox");
            info.setCreationDate(now);
            if (letter.has(30, 2)) info.setAuthor(letter.sentence(2));
            if (claim != null) metadata(doc, letter, claim, info, now);
            if (letter.has(31, 4)) outline(doc);
            if (letter.has(32, 5)) attach(doc, letter);
            if (letter.has(33, 6)) form(doc, letter);
            if (claim != null && claim.endsWith("A") && !letter.has(34, 3)) {
                PDMarkInfo marked = new PDMarkInfo();
                marked.setMarked(true);
                doc.getDocumentCatalog().setMarkInfo(marked);
                doc.getDocumentCatalog().setStructureTreeRoot(new PDStructureTreeRoot());
                doc.getDocumentCatalog().setLanguage("nl-NL");
            }
            if (letter.has(35, 15)) {
                doc.protect(new StandardProtectionPolicy("owner", "", new AccessPermission()));
            }
            doc.save(file);
        }
    }

    private static PDFont font(PDDocument doc, Letter letter) throws Exception {
        if (letter.has(1, 8)) return PDType1Font.HELVETICA;
        if (letter.has(2, 4)) {
            try (var in = new java.io.FileInputStream(letter.font())) {
                return PDTrueTypeFont.load(doc, in, WinAnsiEncoding.INSTANCE);
            }
        }
        File type1 = new File("/usr/share/texmf/fonts/type1/public/lm/lmr10.pfb");
        if (letter.has(3, 5) && type1.exists()) {
            try (var in = new java.io.FileInputStream(type1)) {
                return new PDType1Font(doc, in);
            }
        }
        try (var in = new java.io.FileInputStream(letter.font())) {
            return PDType0Font.load(doc, in, !letter.has(4, 3));
        }
    }

    private static void page(PDDocument doc, Letter letter, PDFont font, int number) throws Exception {
        PDPage page = new PDPage(PDRectangle.A4);
        doc.addPage(page);
        try (PDPageContentStream out = new PDPageContentStream(doc, page)) {
            if (letter.has(10, 4)) out.setNonStrokingColor(0.1f, 0.2f, 0.5f);
            if (letter.has(11, 9)) out.setNonStrokingColor(0.1f, 0.2f, 0.5f, 0f);
            if (letter.has(12, 7)) {
                PDExtendedGraphicsState state = new PDExtendedGraphicsState();
                state.setNonStrokingAlphaConstant(0.5f);
                out.setGraphicsStateParameters(state);
            }
            out.beginText();
            out.setFont(font, 11);
            out.newLineAtOffset(60, 760);
            for (int line = 0; line < 5 + letter.index % 20; line++) {
                out.showText(letter.sentence(8).replaceAll(font instanceof PDType0Font ? "" : "[^ -ÿ]", ""));
                out.newLineAtOffset(0, -15);
            }
            out.endText();
            if (letter.has(13, 3)) out.addRect(60, 60, 100, 40);
            if (letter.has(13, 3)) out.fill();
            if (letter.has(14, 2)) {
                PDImageXObject image = switch (letter.index % 4) {
                    case 1 -> JPEGFactory.createFromByteArray(doc, letter.picture("jpg"));
                    case 3 -> CCITTFactory.createFromImage(doc, letter.picture());
                    default -> LosslessFactory.createFromImage(doc, letter.picture());
                };
                image.setInterpolate(letter.has(15, 8));
                out.drawImage(image, 300, 80);
            }
        }
        if (letter.has(16, 4)) {
            PDAnnotationLink link = new PDAnnotationLink();
            PDActionURI action = new PDActionURI();
            action.setURI("https://example.com/");
            link.setAction(action);
            link.setRectangle(new PDRectangle(60, 700, 60, 12));
            link.setPrinted(!letter.has(17, 2));
            page.getAnnotations().add(link);
        }
        if (letter.has(18, 12)) {
            PDAnnotationText note = new PDAnnotationText();
            note.setContents("let op");
            note.setRectangle(new PDRectangle(200, 700, 20, 20));
            note.setPrinted(true);
            page.getAnnotations().add(note);
        }
    }

    private static void metadata(PDDocument doc, Letter letter, String claim, PDDocumentInformation info, Calendar now)
            throws Exception {
        XMPMetadata xmp = XMPMetadata.createXMPMetadata();
        PDFAIdentificationSchema id = xmp.createAndAddPFAIdentificationSchema();
        id.setPart(claim.charAt(0) - '0');
        id.setConformance(claim.substring(1));
        DublinCoreSchema dc = xmp.createAndAddDublinCoreSchema();
        dc.setTitle(letter.has(20, 9) ? "Andere titel" : info.getTitle());
        if (info.getAuthor() != null) dc.addCreator(info.getAuthor());
        XMPBasicSchema basic = xmp.createAndAddXMPBasicSchema();
        basic.setCreateDate(now);
        AdobePDFSchema pdf = xmp.createAndAddAdobePDFSchema();
        pdf.setProducer(info.getProducer());
        if (letter.has(21, 6)) xmp.createAndAddXMPMediaManagementSchema().setDocumentID("uuid:1-2-" + letter.index);
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        new XmpSerializer().serialize(xmp, out, true);
        PDMetadata stream = new PDMetadata(doc);
        stream.importXMPMetadata(out.toByteArray());
        doc.getDocumentCatalog().setMetadata(stream);
        if (letter.has(22, 10)) return;
        PDOutputIntent intent = new PDOutputIntent(doc, new ByteArrayInputStream(Letter.srgb()));
        intent.setInfo("sRGB IEC61966-2.1");
        intent.setOutputCondition("sRGB IEC61966-2.1");
        intent.setOutputConditionIdentifier("sRGB IEC61966-2.1");
        intent.setRegistryName("http://www.color.org");
        doc.getDocumentCatalog().addOutputIntent(intent);
    }

    private static void outline(PDDocument doc) {
        PDDocumentOutline outline = new PDDocumentOutline();
        PDOutlineItem item = new PDOutlineItem();
        item.setTitle("Begin");
        item.setDestination(doc.getPage(0));
        outline.addLast(item);
        doc.getDocumentCatalog().setDocumentOutline(outline);
    }

    private static void attach(PDDocument doc, Letter letter) throws Exception {
        PDEmbeddedFile data = new PDEmbeddedFile(doc, new ByteArrayInputStream("<a/>".getBytes()));
        if (!letter.has(40, 3)) data.setSubtype("text/xml");
        data.setModDate(Calendar.getInstance());
        PDComplexFileSpecification spec = new PDComplexFileSpecification();
        spec.setFile("data.xml");
        if (!letter.has(41, 3)) spec.setFileUnicode("data.xml");
        spec.setEmbeddedFile(data);
        if (!letter.has(42, 3)) spec.getCOSObject().setName("AFRelationship", "Data");
        PDEmbeddedFilesNameTreeNode tree = new PDEmbeddedFilesNameTreeNode();
        tree.setNames(java.util.Map.of("data.xml", spec));
        PDDocumentNameDictionary names = new PDDocumentNameDictionary(doc.getDocumentCatalog());
        names.setEmbeddedFiles(tree);
        doc.getDocumentCatalog().setNames(names);
        org.apache.pdfbox.cos.COSArray files = new org.apache.pdfbox.cos.COSArray();
        files.add(spec);
        doc.getDocumentCatalog().getCOSObject().setItem(COSName.getPDFName("AF"), files);
    }

    private static void form(PDDocument doc, Letter letter) throws Exception {
        PDAcroForm form = new PDAcroForm(doc);
        doc.getDocumentCatalog().setAcroForm(form);
        PDResources resources = new PDResources();
        try (var in = new java.io.FileInputStream(letter.font())) {
            resources.put(COSName.getPDFName("F"), PDType0Font.load(doc, in, false));
        }
        form.setDefaultResources(resources);
        form.setDefaultAppearance("/F 10 Tf 0 g");
        PDTextField field = new PDTextField(form);
        field.setPartialName("naam");
        field.setDefaultAppearance("/F 10 Tf 0 g");
        form.getFields().add(field);
        PDAnnotationWidget widget = field.getWidgets().get(0);
        widget.setRectangle(new PDRectangle(60, 300, 150, 20));
        widget.setPage(doc.getPage(0));
        widget.setPrinted(true);
        doc.getPage(0).getAnnotations().add(widget);
        field.setValue("Jansen");
        if (letter.has(43, 3)) form.setNeedAppearances(true);
    }
}
