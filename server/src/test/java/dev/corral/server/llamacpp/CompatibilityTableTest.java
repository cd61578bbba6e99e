package dev.corral.server.llamacpp;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.corral.server.FakeEngine;
import dev.corral.server.RunningServer;
import dev.corral.server.http.RouteDoc;
import dev.corral.server.http.Routes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** What docs/llamacpp-compatibility.md says is there is there, and the other way round. */
class CompatibilityTableTest {

    private static final Path PAGE = Path.of("..", "docs", "llamacpp-compatibility.md");
    private static final Pattern NAME = Pattern.compile("`([^`]+)`");

    /** Names of a table's first column. */
    private record Table(Set<String> present, Set<String> absent) {

        /** The table under a heading. Every row says same, better or absent, and why it is not the same. */
        private static Table under(String heading) throws IOException {
            String page = Files.readString(PAGE);
            int begin = page.indexOf("\n## " + heading + "\n");
            assertThat(begin).as(heading).isPositive();
            int end = page.indexOf("\n## ", begin + 1);
            Set<String> present = new TreeSet<>();
            Set<String> absent = new TreeSet<>();
            List<String> rows = page.substring(begin, end < 0 ? page.length() : end)
                    .lines()
                    .filter(line -> line.startsWith("| `"))
                    .toList();
            for (String row : rows) {
                String[] cells = row.split("\\|");
                String verdict = cells[2].strip();
                assertThat(verdict).as(row).isIn("same", "better", "absent");
                if (verdict.equals("absent")) {
                    assertThat(cells.length).as("the reason in " + row).isGreaterThan(3);
                    assertThat(cells[3]).as("the reason in " + row).isNotBlank();
                }
                NAME.matcher(cells[1])
                        .results()
                        .map(found -> found.group(1))
                        .forEach(name -> assertThat((verdict.equals("absent") ? absent : present).add(name))
                                .as(name + " stands twice")
                                .isTrue());
            }
            return new Table(present, absent);
        }

        private void agreesWith(Set<String> names) {
            assertThat(present).as("what is there").isSubsetOf(names);
            assertThat(names).as("what is not").noneMatch(absent::contains);
        }
    }

    private static Set<String> fieldsOf(Routes routes, String path) {
        JsonNode properties = routes.all().stream()
                .filter(route -> route.path().equals(path) && route.verb().equals("POST"))
                .findFirst()
                .flatMap(Routes.Route::doc)
                .flatMap(RouteDoc::body)
                .orElseThrow()
                .schema()
                .path("properties");
        return names(properties);
    }

    private static Set<String> names(JsonNode object) {
        Set<String> names = new TreeSet<>();
        object.fieldNames().forEachRemaining(names::add);
        return names;
    }

    @Test
    void routes() throws Exception {
        Table table = Table.under("Routes");
        try (RunningServer running = RunningServer.of(FakeEngine.saying("a"))) {
            Map<String, String> owners = new HashMap<>();
            running.server()
                    .routes()
                    .all()
                    .forEach(route -> owners.put(
                            route.verb() + " " + route.path(),
                            route.dialect().getClass().getSimpleName()));
            table.agreesWith(owners.keySet());
            assertThat(owners.entrySet().stream()
                            .filter(entry -> entry.getValue().equals("LlamaCpp"))
                            .map(Map.Entry::getKey)
                            .collect(Collectors.toSet()))
                    .as("every route of this dialect is in the table")
                    .isSubsetOf(table.present());
        }
    }

    @Test
    void requestFields() throws Exception {
        Table completion = Table.under("Request fields of a completion");
        Table infill = Table.under("Request fields of an infill");
        try (RunningServer running = RunningServer.of(FakeEngine.saying("a"))) {
            Set<String> read = fieldsOf(running.server().routes(), "/completion");
            completion.agreesWith(read);
            read.removeAll(Set.of("image_data", "multimodal_data"));
            assertThat(read).isSubsetOf(completion.present());
            Set<String> readByInfill = fieldsOf(running.server().routes(), "/infill");
            infill.agreesWith(readByInfill);
            assertThat(readByInfill).containsAll(completion.present());
        }
    }

    @Test
    void resultFields() throws Exception {
        try (RunningServer running = RunningServer.of(FakeEngine.saying("a"))) {
            JsonNode result = running.client()
                    .post("/completion", "{\"prompt\": \"x\", \"n_probs\": 1}")
                    .json();
            Table fields = Table.under("Result fields of a completion");
            fields.agreesWith(names(result));
            assertThat(names(result)).isSubsetOf(fields.present());
            Table settings = Table.under("Settings shown in results");
            settings.agreesWith(names(result.path("generation_settings")));
            assertThat(names(result.path("generation_settings"))).isSubsetOf(settings.present());
        }
    }

    @Test
    void streamFields() throws Exception {
        String page = Files.readString(PAGE);
        String text = page.substring(page.indexOf("An event has"), page.indexOf("what else was asked"));
        Set<String> told =
                NAME.matcher(text).results().map(found -> found.group(1)).collect(Collectors.toSet());
        try (RunningServer running = RunningServer.of(FakeEngine.saying("a"))) {
            JsonNode event = running.client()
                    .post("/completion", "{\"prompt\": \"x\", \"stream\": true}")
                    .events()
                    .getFirst();
            assertThat(new HashSet<>(names(event))).isEqualTo(told);
        }
    }
}
