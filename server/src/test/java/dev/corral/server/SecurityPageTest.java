package dev.corral.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every row of the security page's tables names tests, and every test that it names is there. */
class SecurityPageTest {

    private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();
    private static final Pattern NAMED = Pattern.compile("`([A-Z]\\w*Test(?:#\\w+)?|test_\\w+\\.py)`");
    private static final Pattern NUMBERED = Pattern.compile("\\| (\\d+) \\|.*");
    private static final int ROWS_OF_FATAL_REQUESTS = 21;

    private static List<String> rows() throws IOException {
        List<String> rows = new ArrayList<>();
        List<String> lines = Files.readAllLines(ROOT.resolve("docs/security.md"));
        for (int i = 0; i + 1 < lines.size(); i++) {
            boolean head = lines.get(i + 1).startsWith("|---");
            if (lines.get(i).startsWith("| ") && !head) {
                rows.add(lines.get(i));
            }
        }
        return rows;
    }

    static Stream<String> tests() throws IOException {
        return rows().stream().flatMap(row -> named(row).stream()).distinct();
    }

    private static List<String> named(String cell) {
        return NAMED.matcher(cell).results().map(found -> found.group(1)).toList();
    }

    @Test
    void everyRowNamesATest() throws IOException {
        assertThat(rows())
                .hasSizeGreaterThan(40)
                .allSatisfy(row -> assertThat(named(row)).as(row).isNotEmpty());
    }

    @Test
    void everyRequestThatIsFatalElsewhereNamesTwo() throws IOException {
        List<String> fatal =
                rows().stream().filter(row -> NUMBERED.matcher(row).matches()).toList();
        assertThat(fatal.stream().map(SecurityPageTest::number))
                .containsExactlyElementsOf(
                        IntStream.rangeClosed(1, ROWS_OF_FATAL_REQUESTS).boxed().toList());
        assertThat(fatal).allSatisfy(row -> {
            String[] cells = row.split("\\|");
            assertThat(named(cells[3])).as(row).isNotEmpty();
            assertThat(named(cells[4])).as(row).isNotEmpty();
        });
    }

    private static int number(String row) {
        Matcher matcher = NUMBERED.matcher(row);
        assertThat(matcher.matches()).isTrue();
        return Integer.parseInt(matcher.group(1));
    }

    @ParameterizedTest
    @MethodSource("tests")
    void isThere(String test) throws IOException {
        String[] parts = test.split("#");
        String file = parts[0].endsWith(".py") ? parts[0] : parts[0] + ".java";
        List<Path> sources;
        try (Stream<Path> files =
                Stream.of("server/src/test", "bindings/src/test").flatMap(SecurityPageTest::files)) {
            sources = files.filter(path -> path.endsWith(file)).toList();
        }
        assertThat(sources).isNotEmpty();
        if (parts.length > 1) {
            assertThat(sources).anySatisfy(source -> assertThat(methods(source)).contains(parts[1]));
        }
    }

    private static Stream<Path> files(String folder) {
        try {
            return Files.walk(ROOT.resolve(folder));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What JUnit can call: neither private nor with a result. */
    private static List<String> methods(Path source) throws IOException {
        return Pattern.compile("(?m)^ {4}void (\\w+)\\(")
                .matcher(Files.readString(source))
                .results()
                .map(found -> found.group(1))
                .toList();
    }
}
