package dev.corral.server.easylm;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.corral.engine.Engine;
import dev.corral.engine.Generate;
import dev.corral.engine.Generation;
import dev.corral.engine.Limits;
import dev.corral.engine.Prompt;
import dev.corral.engine.Query;
import dev.corral.server.generation.CachePartition;
import dev.corral.server.generation.Defaults;
import dev.corral.server.http.ApiError;
import dev.corral.server.http.Dialect;
import dev.corral.server.http.DialoguePage;
import dev.corral.server.http.Exchange;
import dev.corral.server.http.Fields;
import dev.corral.server.http.Json;
import dev.corral.server.http.RouteDoc;
import dev.corral.server.http.Routes;
import dev.corral.server.model.ModelGate;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The routes of EasyLM's server, by their documented names and their real ones.
 *
 * <pre>{@code
 * curl localhost:8080/loglikelihood -d '{"prefix_text": ["The capital of France is"], "text": [" Paris"]}'
 * curl localhost:8080/loglikelihood-rolling -d '{"text": ["Once upon a time"]}'
 * curl localhost:8080/generate -d '{"prefix_text": ["Once upon a time"], "temperature": 0.7}'
 * curl localhost:8080/greedy-until -d '{"prefix_text": ["1, 2,"], "until": ["\n", "."]}'
 * curl localhost:8080/chat -d '{"prompt": "Hello!", "context": ""}'
 * }</pre>
 */
public final class EasyLm implements Dialect {

    private static final Logger LOG = System.getLogger("dev.corral.easylm");

    /** The dialogue, a slider for the temperature, and the server's notes. */
    private static final DialoguePage PAGE = DialoguePage.of(EasyLm.class);

    private static final Set<String> PATHS = Set.of(
            "/loglikelihood",
            "/loglikelihood-rolling",
            "/serve_loglikelihood_rolling",
            "/generate",
            "/greedy-until",
            "/greedy_until",
            "/chat");

    private final ModelGate gate;
    private final Defaults defaults;
    private final EasyLmSettings settings;
    private final AtomicLong texts;
    private final boolean alone;

    public EasyLm(ModelGate gate, Defaults defaults, EasyLmSettings settings) {
        this(gate, defaults, settings, new AtomicLong(), false);
    }

    private EasyLm(ModelGate gate, Defaults defaults, EasyLmSettings settings, AtomicLong texts, boolean alone) {
        this.gate = gate;
        this.defaults = defaults;
        this.settings = settings;
        this.texts = texts;
        this.alone = alone;
    }

    /** The same for a listener of its own, where its page is at {@code /}. */
    public EasyLm alone() {
        return new EasyLm(gate, defaults, settings, texts, true);
    }

    @Override
    public void routes(Routes routes) {
        RouteDoc rolling = RouteDoc.of("How likely texts of any length are")
                .body(fields -> Lists.required(fields, "text"), "{'text': ['Once upon a time', 'And again']}");
        RouteDoc until = RouteDoc.of("Continues prefixes greedily up to one of some strings")
                .body(
                        this::readGreedy,
                        "{'prefix_text': ['1, 2,'], 'until': ['5', '.']}",
                        "{'prefix_text': ['1, 2,'], 'until': [['5']], 'max_length': 16}");
        routes.post(
                        "/loglikelihood",
                        RouteDoc.of("How likely texts are after prefixes")
                                .body(
                                        Likelihoods.Asked::read,
                                        "{'prefix_text': ['The capital of France is'], 'text': [' Paris']}",
                                        "{'text': ['Once upon a time']}"),
                        this::likelihood)
                .post("/loglikelihood-rolling", rolling, this::rolling)
                .post("/serve_loglikelihood_rolling", rolling, this::rolling)
                .post(
                        "/generate",
                        RouteDoc.of("Continues prefixes")
                                .body(this::readGenerate, "{'prefix_text': ['Once upon a time'], 'temperature': 0.7}"),
                        this::generate)
                .post("/greedy-until", until, this::greedyUntil)
                .post("/greedy_until", until, this::greedyUntil)
                .post(
                        "/chat",
                        RouteDoc.of("Answers a turn of a dialogue")
                                .body(
                                        this::readTurn,
                                        "{'prompt': 'Hello!', 'context': 'USER: Hi! GPT: Hello.', 'temperature': 1}"),
                        this::chat)
                .getOpen("/easylm", RouteDoc.of("EasyLM's chat page").page(), this::page)
                .getOpen(
                        "/easylm/chat.js",
                        RouteDoc.of("The script of EasyLM's chat page").file(),
                        exchange -> exchange.replyScript(PAGE.script()));
        if (alone) {
            routes.getOpen("/ready", RouteDoc.of("Whether requests are served"), exchange -> {
                        gate.engine();
                        exchange.reply(TextNode.valueOf("Ready!\n"));
                    })
                    .getOpen("/", RouteDoc.of("EasyLM's chat page").page(), this::page);
        }
    }

    @Override
    public boolean speaks(String path) {
        return alone || PATHS.contains(path) || path.startsWith("/easylm");
    }

    @Override
    public int status(ApiError error) {
        return ErrorJson.status(error);
    }

    @Override
    public ObjectNode error(ApiError error) {
        return ErrorJson.of(error);
    }

    /** Does once what the first requests would find slow. */
    public void warmUp(Engine engine) throws InterruptedException {
        if (settings.warms("loglikelihood")) {
            engine.ask(Query.Score.of(new Query.Score.Item(Prompt.text("a"), List.of(Prompt.text("a")))));
        }
        if (settings.warms("generate") || settings.warms("greedy_until") || settings.warms("chat")) {
            try (Generation generation = engine.submit(Generate.of(Prompt.text("a"))
                    .with(settings.decoding().sampling(1, 0))
                    .with(Limits.tokens(2)))) {
                while (!generation.ended()) {
                    generation.next();
                }
            }
        }
    }

    private void page(Exchange exchange) {
        exchange.replyLivePage(PAGE.html(Json.object()
                .put("notes", settings.notes())
                .put("temperature", settings.decoding().temperature())));
    }

    private void likelihood(Exchange exchange) throws InterruptedException {
        Fields fields = body(exchange);
        Likelihoods.Asked asked = Likelihoods.Asked.read(fields);
        exchange.reply(likelihoods(exchange).of(asked));
    }

    private void rolling(Exchange exchange) throws InterruptedException {
        List<String> asked = Lists.required(body(exchange), "text");
        exchange.reply(likelihoods(exchange).rolling(asked));
    }

    private Likelihoods likelihoods(Exchange exchange) {
        return new Likelihoods(exchange, gate.engine(), settings, schedule(exchange), partition(exchange));
    }

    private record Prefixes(List<String> texts, double temperature) {}

    private Prefixes readGenerate(Fields fields) {
        return new Prefixes(Lists.required(fields, "prefix_text"), temperature(fields));
    }

    private void generate(Exchange exchange) throws InterruptedException {
        Prefixes asked = readGenerate(body(exchange));
        List<String> prefixes =
                asked.texts().stream().map(settings.affixes()::prefix).toList();
        List<String> outputs = continued(exchange, prefixes, asked.temperature());
        ObjectNode answer = Json.object();
        asked.texts().forEach(answer.putArray("prefix_text")::add);
        outputs.forEach(answer.putArray("output_text")::add);
        exchange.reply(answer.put("temperature", asked.temperature()));
    }

    private List<String> continued(Exchange exchange, List<String> prefixes, double temperature)
            throws InterruptedException {
        Engine engine = gate.engine();
        EasyLmSettings.Lengths lengths = settings.lengths(engine.model().contextSize());
        TextTokens tokens = new TextTokens(engine, settings.addBosToken());
        List<Generate> requests = new ArrayList<>(prefixes.size());
        for (String prefix : prefixes) {
            requests.add(Generate.builder(new Prompt.Ids(tokens.prompt(prefix, lengths.input())))
                    .sampling(settings.decoding().sampling(temperature, nextSeed()))
                    .limits(Limits.tokens(lengths.output()))
                    .output(new Generate.Output(true, false))
                    .cache(Generate.Cache.REUSE.in(partition(exchange)))
                    .schedule(schedule(exchange))
                    .search(settings.decoding().search())
                    .speculation(defaults.speculation())
                    .build());
        }
        return Texts.run(exchange, engine, requests, settings.batchSize()).stream()
                .map(Texts.Text::text)
                .toList();
    }

    private long nextSeed() {
        long seed = settings.decoding().seed();
        return seed < 0 ? seed : (seed + texts.getAndIncrement()) % Integer.MAX_VALUE;
    }

    private record Greedy(List<String> prefixes, List<List<String>> until, int most) {}

    private Greedy readGreedy(Fields fields) {
        List<String> prefixes = Lists.required(fields, "prefix_text");
        return new Greedy(
                prefixes,
                Lists.until(fields, "until", prefixes.size()),
                fields.integer("max_length", EasyLmSettings.LENGTH, settings.greedyUntilMaxLength()));
    }

    private void greedyUntil(Exchange exchange) throws InterruptedException {
        Fields fields = body(exchange);
        Greedy asked = readGreedy(fields);
        List<String> outputs = new GreedyTexts(
                        exchange, gate.engine(), settings, schedule(exchange), partition(exchange))
                .of(asked.prefixes(), asked.until(), asked.most());
        ObjectNode answer = Json.object();
        asked.prefixes().forEach(answer.putArray("prefix_text")::add);
        answer.set("until", fields.array("until").orElseThrow());
        answer.put("max_length", asked.most());
        ArrayNode texts = answer.putArray("output_text");
        outputs.forEach(texts::add);
        exchange.reply(answer);
    }

    private record Turn(String prompt, String context, double temperature) {}

    private Turn readTurn(Fields fields) {
        return new Turn(
                fields.text("prompt").orElseThrow(() -> fields.missing("prompt")),
                fields.text("context").orElse(""),
                temperature(fields));
    }

    private void chat(Exchange exchange) throws InterruptedException {
        Turn turn = readTurn(body(exchange));
        ChatAffixes affixes = settings.chat();
        String opened = affixes.opened(turn.context(), turn.prompt());
        String response = continued(exchange, List.of(affixes.prepend() + opened), turn.temperature())
                .getFirst();
        exchange.reply(Json.object()
                .put("response", response)
                .put("context", opened + response + affixes.lmSuffix())
                .put("temperature", turn.temperature()));
    }

    private double temperature(Fields fields) {
        return fields.decimal(
                "temperature", Decoding.temperatures(), settings.decoding().temperature());
    }

    private Fields body(Exchange exchange) {
        Fields fields = exchange.body();
        if (settings.logging()) {
            LOG.log(Level.INFO, "{0}", fields.json());
        }
        return fields;
    }

    private Generate.Schedule schedule(Exchange exchange) {
        return new Generate.Schedule(0, exchange.caller(), defaults.deadline());
    }

    private String partition(Exchange exchange) {
        return CachePartition.of(exchange.caller(), defaults.sharedCache());
    }
}
