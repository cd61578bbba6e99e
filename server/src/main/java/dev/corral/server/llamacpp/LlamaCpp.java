package dev.corral.server.llamacpp;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.corral.engine.Engine;
import dev.corral.engine.Limits;
import dev.corral.engine.Query;
import dev.corral.engine.Reply;
import dev.corral.engine.SlotState;
import dev.corral.server.generation.ChatFields;
import dev.corral.server.generation.ChatMedia;
import dev.corral.server.generation.Defaults;
import dev.corral.server.generation.GenerateFields;
import dev.corral.server.generation.InfillPrompt;
import dev.corral.server.http.ApiError;
import dev.corral.server.http.ApiException;
import dev.corral.server.http.Dialect;
import dev.corral.server.http.Exchange;
import dev.corral.server.http.Fields;
import dev.corral.server.http.Json;
import dev.corral.server.http.RouteDoc;
import dev.corral.server.http.Routes;
import dev.corral.server.model.AdapterNames;
import dev.corral.server.model.ModelGate;
import dev.corral.server.model.ModelList;
import dev.corral.server.model.ModelNames;
import java.util.List;
import java.util.Optional;

/**
 * The routes of llama.cpp's own server.
 *
 * <pre>{@code
 * curl localhost:8080/health
 * curl localhost:8080/props
 * curl localhost:8080/model.json
 * curl localhost:8080/slots
 * curl localhost:8080/slots/0?action=save -d '{"filename": "story"}'
 * curl localhost:8080/lora-adapters
 * curl localhost:8080/lora-adapters -d '[{"id": 0, "scale": 0.5}]'
 * curl localhost:8080/completion -d '{"prompt": "Once upon a time", "n_predict": 32}'
 * curl localhost:8080/completion -d '{"prompt": "Once upon a time", "n_predict": 32, "stream": true}'
 * curl localhost:8080/infill -d '{"input_prefix": "def add(a, b):", "input_suffix": "print(add(1, 2))"}'
 * curl localhost:8080/vm/0/completion -d '{"prompt": "Once upon a time", "n_predict": 32}'
 * curl localhost:8080/tokenize -d '{"content": "Hello, world!", "with_pieces": true}'
 * curl localhost:8080/detokenize -d '{"tokens": [19556, 28]}'
 * curl localhost:8080/apply-template -d '{"messages": [{"role": "user", "content": "Hello!"}]}'
 * curl localhost:8080/embedding -d '{"content": "Hello, world!"}'
 * curl localhost:8080/models -d '{"model": "owner/name:Q8_0"}'
 * curl -X DELETE 'localhost:8080/models?model=owner/name:Q8_0'
 * curl localhost:8080/rerank -d '{"query": "What is a reef?", "documents": ["A wall of stone.", "A king."]}'
 * }</pre>
 */
public final class LlamaCpp implements Dialect {

    private static final RouteDoc PROPS = RouteDoc.of("Changes the system prompt of the caller's later requests")
            .body(
                    SystemPrompt::read,
                    "{'system_prompt': {'prompt': 'A tale.', 'anti_prompt': 'User:', 'assistant_name': 'Assistant:'}}");

    private final ModelGate gate;
    private final Defaults defaults;
    private final List<String> aliases;
    private final LlamaCppSettings settings;
    private final SystemPrompts systemPrompts;

    /** @param aliases what the model is called besides its name */
    public LlamaCpp(ModelGate gate, Defaults defaults, List<String> aliases, LlamaCppSettings settings) {
        this.settings = settings;
        this.systemPrompts = new SystemPrompts(settings.changeProps());
        this.gate = gate;
        this.defaults = defaults;
        this.aliases = List.copyOf(aliases);
    }

    @Override
    public void routes(Routes routes) {
        RouteDoc health = RouteDoc.of("Whether the server lives and its model is loaded")
                .query("include_slots")
                .query("fail_on_no_slot");
        RouteDoc completion = CompletionRequest.doc(defaults);
        RouteDoc embedding = Embeddings.doc(defaults);
        routes.getOpen("/health", health, this::health)
                .getOpen("/v1/health", health, this::health)
                .get("/props", RouteDoc.of("The model and what holds where a request says nothing"), this::props)
                .post("/props", PROPS, this::changeProps)
                .get("/model.json", RouteDoc.of("What holds where a request says nothing"), this::modelJson)
                .get("/slots", RouteDoc.of("What each slot is doing").query("fail_on_no_slot"), this::slots)
                .post("/slots/{id}", SlotActions.DOC, this::actOnSlot)
                .get("/lora-adapters", LoraAdapters.LIST, exchange -> exchange.reply(LoraAdapters.list(gate.engine())))
                .post("/lora-adapters", LoraAdapters.APPLY, this::applyAdapters)
                .get("/models", RouteDoc.of("The loaded model and its adapters"), this::models)
                .post("/completion", completion, this::complete)
                .post("/completions", completion, this::complete)
                .post("/infill", CompletionRequest.infillDoc(defaults), this::infill)
                .post(
                        "/tokenize",
                        Tokenizing.TOKENIZE,
                        exchange -> exchange.reply(Tokenizing.tokenize(exchange.body(), gate.engine())))
                .post(
                        "/detokenize",
                        Tokenizing.DETOKENIZE,
                        exchange -> exchange.reply(Tokenizing.detokenize(exchange.body(), gate.engine())))
                .post(
                        "/apply-template",
                        RouteDoc.of("A conversation as the model's template renders it")
                                .body(
                                        fields -> ChatFields.read(fields, Optional.empty(), defaults.chat()),
                                        "{'messages': [{'role': 'user', 'content': 'Hello!'}]}"),
                        this::applyTemplate)
                .post("/embedding", embedding, this::embed)
                .post("/embeddings", embedding, this::embed)
                .post("/rerank", Reranking.DOC, this::rerank)
                .post("/reranking", Reranking.DOC, this::rerank)
                .post("/v1/rerank", Reranking.DOC, this::rerank)
                .post("/v1/reranking", Reranking.DOC, this::rerank);
        new ModelFiles(gate).routes(routes);
        gate.catalogue().ifPresent(catalogue -> new ModelActions(catalogue).routes(routes));
    }

    @Override
    public boolean speaks(String path) {
        return true;
    }

    @Override
    public ObjectNode error(ApiError error) {
        return ErrorJson.of(error);
    }

    /** With one of its parameters, as early servers had them, also how many slots are free. */
    private void health(Exchange exchange) throws InterruptedException {
        if (gate.catalogue().isPresent()) {
            exchange.reply(Json.object().put("status", "ok"));
            return;
        }
        gate.requireLoaded();
        ObjectNode health = Json.object().put("status", "ok");
        if (exchange.hasQuery("include_slots") || exchange.hasQuery("fail_on_no_slot")) {
            List<SlotState> slots = slots(exchange, gate.engine());
            long running = slots.stream().filter(SlotState::running).count();
            health.put("slots_idle", slots.size() - running).put("slots_processing", running);
        }
        exchange.reply(health);
    }

    private void props(Exchange exchange) {
        exchange.reply(Props.of(gate.engine().model(), defaults, settings, systemPrompts.of(exchange.caller())));
    }

    private void changeProps(Exchange exchange) {
        if (!settings.changeProps()) {
            throw new ApiException(
                    ApiError.Kind.UNSUPPORTED, "this server's properties can't be changed; --props allows it");
        }
        SystemPrompt.read(exchange.body())
                .ifPresent(systemPrompt -> systemPrompts.keep(exchange.caller(), systemPrompt));
        exchange.reply(Json.object().put("success", true));
    }

    private void modelJson(Exchange exchange) {
        exchange.reply(GenerationSettings.of(defaults, gate.engine().model()));
    }

    private void slots(Exchange exchange) throws InterruptedException {
        if (!settings.showSlots()) {
            throw new ApiException(ApiError.Kind.UNSUPPORTED, "slots are not shown here; --slots shows them");
        }
        Engine engine = gate.engine();
        exchange.reply(Props.slots(engine.model(), slots(exchange, engine)));
    }

    private static List<SlotState> slots(Exchange exchange, Engine engine) throws InterruptedException {
        List<SlotState> slots = engine.ask(new Query.Slots()).slots();
        boolean busy = slots.stream().allMatch(SlotState::running);
        if (busy
                && exchange.query("fail_on_no_slot")
                        .filter(flag -> !flag.isEmpty())
                        .isPresent()) {
            throw new ApiException(ApiError.Kind.UNAVAILABLE, "no slot available");
        }
        return slots;
    }

    private void actOnSlot(Exchange exchange) throws InterruptedException {
        exchange.reply(SlotActions.act(exchange, gate.engine(), defaults.sharedCache()));
    }

    private void applyAdapters(Exchange exchange) throws InterruptedException {
        Engine engine = gate.engine();
        exchange.reply(LoraAdapters.apply(exchange.bodyObjects(), engine));
    }

    private void models(Exchange exchange) throws InterruptedException {
        if (gate.catalogue().isPresent()) {
            exchange.reply(ModelList.of(gate.catalogue().get()));
            return;
        }
        Engine engine = gate.engine();
        exchange.reply(ModelList.of(
                engine.model(),
                new AdapterNames(ModelNames.of(engine.model(), aliases), engine.ask(new Query.Adapters())),
                gate.since()));
    }

    private void complete(Exchange exchange) throws InterruptedException {
        Engine engine = gate.engine();
        run(
                exchange,
                engine,
                CompletionRequest.read(
                        exchange.body(),
                        defaults,
                        exchange.caller(),
                        engine.model().slots()));
    }

    private void infill(Exchange exchange) throws InterruptedException {
        Engine engine = gate.engine();
        Fields body = exchange.body();
        InfillPrompt gap = InfillFields.read(body);
        Limits limits = GenerateFields.limits(body, defaults);
        run(
                exchange,
                engine,
                CompletionRequest.read(
                        body,
                        List.of(gap.of(engine, limits, defaults.suffixFirst())),
                        defaults,
                        exchange.caller(),
                        engine.model().slots()));
    }

    private void run(Exchange exchange, Engine engine, CompletionRequest request) throws InterruptedException {
        CompletionRequest adapted =
                request.adapted(engine).after(systemPrompts.forRequest(exchange.caller(), request.systemPrompt()));
        CompletionRun.answer(
                exchange,
                engine,
                ConversationCookie.of(exchange)
                        .map(conversation ->
                                adapted.in(conversation, engine.model().slots()))
                        .orElse(adapted));
    }

    private void embed(Exchange exchange) throws InterruptedException {
        exchange.reply(Embeddings.answer(exchange, gate.engine(), defaults));
    }

    private void rerank(Exchange exchange) throws InterruptedException {
        exchange.reply(Reranking.answer(exchange, gate.engine()));
    }

    private void applyTemplate(Exchange exchange) throws InterruptedException {
        Engine engine = gate.engine();
        Reply.Templated templated = engine.ask(ChatFields.read(exchange.body(), Optional.empty(), defaults.chat()));
        exchange.reply(Json.object().put("prompt", ChatMedia.readable(templated.prompt())));
    }
}
