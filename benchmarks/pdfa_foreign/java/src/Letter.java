import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.color.ColorSpace;
import java.awt.color.ICC_Profile;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.util.Random;
import javax.imageio.ImageIO;

/** What the letters of all Java producers are made of; the same index gives the same letter. */
final class Letter {
    static final String[] WORDS = {
        "medicatie", "afspraak", "huisarts", "patiënt", "controle", "brief", "uitslag", "bloeddruk", "verslag",
        "consult", "naïef", "café", "reünie", "één", "letter", "appointment", "Straße", "50%", "3×daags"};
    static final String[] TRUETYPE = {
        "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf", "/usr/share/fonts/truetype/dejavu/DejaVuSerif.ttf",
        "/usr/share/fonts/truetype/liberation/LiberationSans-Regular.ttf"};

    final int index;
    final Random random;

    Letter(int index) {
        this.index = index;
        this.random = new Random(index);
    }

    /** Whether this letter has the feature with this number; every feature is in part of the letters, independently. */
    boolean has(int feature, int oneOf) {
        return Math.floorMod(Integer.hashCode(index * 31 + feature * 1009) * 0x9E3779B1 >>> 8, oneOf) == 0;
    }

    String sentence(int words) {
        StringBuilder out = new StringBuilder();
        for (int i = 0; i < words; i++) out.append(i == 0 ? "" : " ").append(WORDS[random.nextInt(WORDS.length)]);
        return out.append('.').toString();
    }

    String font() {
        return TRUETYPE[index % TRUETYPE.length];
    }

    /** A small picture: gray, colour, or colour with transparency. */
    BufferedImage picture() {
        int[] types = {BufferedImage.TYPE_INT_RGB, BufferedImage.TYPE_BYTE_GRAY, BufferedImage.TYPE_INT_ARGB,
            BufferedImage.TYPE_BYTE_BINARY};
        BufferedImage image = new BufferedImage(40, 30, types[index % types.length]);
        Graphics2D g = image.createGraphics();
        g.setColor(new Color(200, 30, index * 7 % 256, index % 4 == 2 ? 120 : 255));
        g.fillOval(4, 4, 30, 20);
        g.dispose();
        return image;
    }

    byte[] picture(String format) throws Exception {
        BufferedImage image = picture();
        if (format.equals("jpg") && image.getColorModel().hasAlpha()) {
            BufferedImage flat = new BufferedImage(40, 30, BufferedImage.TYPE_INT_RGB);
            flat.createGraphics().drawImage(image, 0, 0, null);
            image = flat;
        }
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ImageIO.write(image, format, out);
        return out.toByteArray();
    }

    static byte[] srgb() {
        return ICC_Profile.getInstance(ColorSpace.CS_sRGB).getData();
    }

    String html(boolean strict) {
        StringBuilder out = new StringBuilder("<html lang=\"nl\"><head><title>Brief " + index + "</title>");
        out.append("<meta name=\"description\" content=\"" + sentence(3) + "\"/><style>body{font-family:'Own',serif;font-size:11pt}");
        if (has(1, 3)) out.append("h1{color:#036}");
        if (has(2, 4)) out.append("p{opacity:.6}");
        if (has(3, 4)) out.append("table{background:#eef}");
        out.append("</style></head><body><h1>Brief " + index + "</h1>");
        for (int i = 0; i < 2 + index % 4; i++) out.append("<p>" + sentence(12) + "</p>");
        if (has(4, 2)) out.append("<table border=\"1\"><tr><td>" + sentence(2) + "</td><td>12</td></tr></table>");
        if (has(5, 3)) out.append("<ul><li>" + sentence(3) + "</li><li>" + sentence(2) + "</li></ul>");
        if (has(6, 3)) out.append("<p><a href=\"https://example.com/" + index + "\">meer</a></p>");
        if (has(7, 5)) out.append("<p><b>" + sentence(3) + "</b> <i>" + sentence(2) + "</i></p>");
        return out.append("</body></html>").toString();
    }
}
