package dev.corral.server.dialects;

import dev.corral.engine.Engine;
import dev.corral.server.alpaca.Alpaca;
import dev.corral.server.alpaca.Edition;
import dev.corral.server.anthropic.Anthropic;
import dev.corral.server.easylm.EasyLm;
import dev.corral.server.generation.Defaults;
import dev.corral.server.http.Dialect;
import dev.corral.server.llamacpp.LlamaCpp;
import dev.corral.server.model.ModelGate;
import dev.corral.server.ollama.Ollama;
import dev.corral.server.openai.OpenAi;
import dev.corral.server.petals.Petals;
import java.util.List;
import java.util.Set;

/** Every dialect that is about one model, before that model. */
public final class Dialects {

    /** Names of dialects that can have a port of their own. */
    public static final List<String> NAMES =
            List.of("petals", "easylm", "alpaca", "alpaca2", "llamacpp", "openai", "anthropic", "ollama");

    /** Dialects whose port has nothing but what their original's had. */
    private static final Set<String> AS_THEIR_ORIGINALS = Set.of("petals", "easylm");

    private final Anthropic anthropic;
    private final OpenAi openAi;
    private final Ollama ollama;
    private final Alpaca alpaca;
    private final LlamaCpp llamaCpp;
    private final Petals petals;
    private final EasyLm easyLm;

    /** @param aliases what the model is called besides its name */
    public Dialects(ModelGate gate, Defaults defaults, List<String> aliases, DialectSettings settings) {
        anthropic = new Anthropic(gate, defaults, aliases);
        openAi = new OpenAi(gate, defaults, aliases);
        ollama = new Ollama(gate, defaults, aliases);
        alpaca = new Alpaca(gate, defaults);
        llamaCpp = new LlamaCpp(gate, defaults, aliases, settings.llamaCpp());
        petals = new Petals(gate, defaults, settings.petals(), aliases);
        easyLm = new EasyLm(gate, defaults, settings.easyLm());
    }

    /** In order of precedence, behind those that are about no model. */
    public List<Dialect> all() {
        return List.of(anthropic, openAi, ollama, petals, easyLm, alpaca, llamaCpp);
    }

    /** Whether a dialect's own port has nothing but the dialect. */
    public static boolean isAsItsOriginal(String name) {
        return AS_THEIR_ORIGINALS.contains(name);
    }

    /** A dialect for a port of its own. */
    public Dialect alone(String name) {
        return switch (name) {
            case "petals" -> petals.alone();
            case "easylm" -> easyLm.alone();
            case "alpaca" -> alpaca.alone(Edition.FIRST);
            case "alpaca2" -> alpaca.alone(Edition.SECOND);
            case "openai" -> openAi;
            case "anthropic" -> anthropic;
            case "ollama" -> ollama;
            default -> llamaCpp;
        };
    }

    /** Lets dialects prepare before the first request. */
    public void warmUp(Engine engine) throws InterruptedException {
        easyLm.warmUp(engine);
    }

    /** For a server that ends. */
    public void close() {
        petals.close();
    }
}
