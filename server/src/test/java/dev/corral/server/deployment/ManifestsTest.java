package dev.corral.server.deployment;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.corral.server.FakeEngine;
import dev.corral.server.RunningServer;
import dev.corral.server.http.Routes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

/** What is deployed asks for nothing that the server does not have: metrics, routes, ports, flags. */
class ManifestsTest {

    private static final Path DEPLOY = Path.of("..", "deploy");
    private static final Pattern METRIC = Pattern.compile("(?:vllm|llamacpp):[a-z0-9_]+");

    private static List<Map<String, Object>> documents(String file) throws IOException {
        List<Map<String, Object>> documents = new ArrayList<>();
        for (Object document : yaml().loadAllFromString(Files.readString(DEPLOY.resolve("kubernetes", file)))) {
            documents.add(map(document));
        }
        return documents;
    }

    private static Load yaml() {
        return new Load(LoadSettings.builder().build());
    }

    @SuppressWarnings("unchecked")
    private static Map<String, Object> map(Object value) {
        return (Map<String, Object>) Objects.requireNonNull(value);
    }

    private static Map<String, Object> kind(String file, String kind) throws IOException {
        return documents(file).stream()
                .filter(document -> kind.equals(document.get("kind")))
                .findFirst()
                .orElseThrow(() -> new AssertionError("no " + kind + " in " + file));
    }

    private static Object at(Object value, Object... path) {
        Object found = value;
        for (Object step : path) {
            found = step instanceof Integer index
                    ? ((List<?>) found).get(index)
                    : map(found).get(step);
            assertThat(found).as("%s of %s", step, value).isNotNull();
        }
        return found;
    }

    private static Set<String> served() throws IOException, InterruptedException {
        try (RunningServer running = RunningServer.of(FakeEngine.saying("a", "b"))) {
            running.client().post("/completion", "{\"prompt\": \"a\"}");
            return running.client()
                    .get("/metrics")
                    .text()
                    .lines()
                    .filter(line -> !line.startsWith("#"))
                    .map(line -> line.split("[{ ]")[0])
                    .collect(Collectors.toSet());
        }
    }

    private static Set<String> metricsIn(String text) {
        Set<String> names = new TreeSet<>();
        Matcher matcher = METRIC.matcher(text);
        while (matcher.find()) {
            names.add(matcher.group());
        }
        return names;
    }

    @Test
    void theDashboardAsksForMetricsThatThereAre() throws Exception {
        JsonNode dashboard = new ObjectMapper()
                .readTree(DEPLOY.resolve("grafana", "corral.json").toFile());
        List<JsonNode> targets = new ArrayList<>();
        dashboard.path("panels").forEach(panel -> panel.path("targets").forEach(targets::add));
        Set<String> there = served();
        assertThat(targets).hasSizeGreaterThan(15);
        assertThat(targets)
                .allSatisfy(target -> assertThat(metricsIn(target.path("expr").asText()))
                        .isNotEmpty()
                        .isSubsetOf(there));
        dashboard
                .at("/templating/list")
                .forEach(variable -> assertThat(
                                metricsIn(variable.at("/query/query").asText()))
                        .isSubsetOf(there));
    }

    @Test
    void scalingAsksForMetricsThatThereAre() throws Exception {
        Object triggers = at(kind("keda.yaml", "ScaledObject"), "spec", "triggers");
        Set<String> there = served();
        assertThat((List<?>) triggers)
                .isNotEmpty()
                .allSatisfy(trigger -> assertThat(
                                metricsIn(at(trigger, "metadata", "query").toString()))
                        .isNotEmpty()
                        .isSubsetOf(there));
    }

    @Test
    void probesAskForRoutesThatNeedNoKey() throws Exception {
        Object container = at(kind("corral.yaml", "Deployment"), "spec", "template", "spec", "containers", 0);
        try (RunningServer running = RunningServer.of(FakeEngine.saying("a"))) {
            Set<String> open = running.server().routes().all().stream()
                    .filter(Routes.Route::open)
                    .map(Routes.Route::path)
                    .collect(Collectors.toSet());
            for (String probe : List.of("startupProbe", "readinessProbe")) {
                assertThat(open)
                        .contains(at(container, probe, "httpGet", "path").toString());
            }
        }
        List<?> args = (List<?>) at(container, "args");
        Object port = at(container, "ports", 0, "containerPort");
        assertThat(args.get(args.indexOf("--port") + 1)).isEqualTo(port.toString());
        assertThat(at(kind("inference-gateway.yaml", "InferencePool"), "spec", "targetPorts", 0, "number"))
                .isEqualTo(port);
    }

    @Test
    void aReplicaHasTheTimeToEndThatItTakes() throws Exception {
        Map<String, Object> deployment = kind("corral.yaml", "Deployment");
        Object pod = at(deployment, "spec", "template", "spec");
        Object container = at(pod, "containers", 0);
        List<?> args = (List<?>) at(container, "args");
        int grace = Integer.parseInt(args.get(args.indexOf("--grace") + 1).toString());
        int drain = (int) at(container, "lifecycle", "preStop", "sleep", "seconds");
        assertThat((int) at(pod, "terminationGracePeriodSeconds")).isGreaterThan(drain + grace + 15);
        assertThat(at(deployment, "spec", "strategy", "rollingUpdate", "maxUnavailable"))
                .isEqualTo(0);
    }

    @Test
    void everySelectorFindsThePods() throws Exception {
        Map<String, Object> labels =
                map(at(kind("corral.yaml", "Deployment"), "spec", "template", "metadata", "labels"));
        assertThat(labels)
                .containsAllEntriesOf(map(at(kind("corral.yaml", "Service"), "spec", "selector")))
                .containsAllEntriesOf(map(at(kind("corral.yaml", "Deployment"), "spec", "selector", "matchLabels")))
                .containsAllEntriesOf(
                        map(at(kind("corral.yaml", "PodDisruptionBudget"), "spec", "selector", "matchLabels")))
                .containsAllEntriesOf(
                        map(at(kind("inference-gateway.yaml", "InferencePool"), "spec", "selector", "matchLabels")));
        Object name = at(kind("corral.yaml", "Deployment"), "metadata", "name");
        assertThat(at(kind("keda.yaml", "ScaledObject"), "spec", "scaleTargetRef", "name"))
                .isEqualTo(name);
    }

    @Test
    void theChartsValuesAreThoseThatItsTemplatesRead() throws IOException {
        Path chart = DEPLOY.resolve("helm", "corral");
        Map<String, Object> values = map(yaml().loadFromString(Files.readString(chart.resolve("values.yaml"))));
        Pattern read = Pattern.compile("\\.Values\\.([A-Za-z.]+)");
        Set<String> used = new TreeSet<>();
        try (Stream<Path> templates = Files.list(chart.resolve("templates"))) {
            for (Path template : templates.toList()) {
                String text = Files.readString(template);
                assertThat(text.split("\\{\\{", -1)).as("%s", template).hasSameSizeAs(text.split("}}", -1));
                Matcher matcher = read.matcher(text);
                while (matcher.find()) {
                    assertThat(at(values, (Object[]) matcher.group(1).split("\\.")))
                            .isNotNull();
                    used.add(matcher.group(1).split("\\.")[0]);
                }
            }
        }
        assertThat(used).isEqualTo(new TreeSet<>(values.keySet()));
    }
}
