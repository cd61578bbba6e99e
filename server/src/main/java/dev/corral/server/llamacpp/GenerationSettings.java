package dev.corral.server.llamacpp;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.corral.engine.Generate;
import dev.corral.engine.Grammar;
import dev.corral.engine.ModelInfo;
import dev.corral.engine.Sampling;
import dev.corral.engine.Sampling.LogitBias;
import dev.corral.engine.Speculation;
import dev.corral.server.generation.Defaults;
import dev.corral.server.generation.SpeculationTypes;
import dev.corral.server.http.Json;

/** The settings of a generation as results and {@code /props} show them. */
final class GenerationSettings {

    private GenerationSettings() {}

    /** {@code temp}, {@code n_ctx} and {@code model} are there as in 2023. */
    static ObjectNode of(CompletionRequest request, ModelInfo model) {
        Generate generate = request.common();
        ObjectNode settings = Json.object();
        sampling(settings, generate.sampling());
        ArrayNode stop = settings.putArray("stop");
        generate.stop().forEach(stop::add);
        limits(settings, generate.limits().maxTokens(), request.keep(), request.discard());
        settings.put("ignore_eos", generate.sampling().ignoreEos()).put("stream", request.stream());
        settings.set("logit_bias", biases(generate.sampling()));
        settings.put("n_probs", generate.logprobs().top())
                .put("min_keep", generate.sampling().minKeep());
        grammar(settings, generate);
        settings.putArray("preserved_tokens");
        chat(settings);
        samplers(settings, generate.sampling());
        settings.put("timings_per_token", request.timingsPerToken())
                .put("post_sampling_probs", generate.logprobs().postSampling());
        fixed(settings, generate.speculation());
        settings.set("lora", request.lora());
        return of(settings, model);
    }

    /** What a request gets that sets nothing. */
    static ObjectNode of(Defaults defaults, ModelInfo model) {
        ObjectNode settings = Json.object();
        sampling(settings, defaults.sampling());
        limits(settings, defaults.maxTokens(), 0, 0);
        settings.putArray("stop");
        settings.put("ignore_eos", false).put("stream", false);
        settings.set("logit_bias", biases(defaults.sampling()));
        settings.put("n_probs", 0)
                .put("min_keep", defaults.sampling().minKeep())
                .put("grammar", "");
        chat(settings);
        samplers(settings, defaults.sampling());
        settings.put("timings_per_token", false).put("post_sampling_probs", false);
        fixed(settings, defaults.speculation());
        return of(settings, model);
    }

    private static ObjectNode of(ObjectNode settings, ModelInfo model) {
        return settings.put("n_ctx", model.contextSize()).put("model", model.name());
    }

    private static void sampling(ObjectNode settings, Sampling sampling) {
        settings.put("seed", sampling.seed())
                .put("temperature", sampling.temperature())
                .put("temp", sampling.temperature())
                .put("dynatemp_range", sampling.dynamic().range())
                .put("dynatemp_exponent", sampling.dynamic().exponent())
                .put("top_k", sampling.topK())
                .put("top_p", sampling.topP())
                .put("min_p", sampling.minP())
                .put("top_n_sigma", sampling.topNSigma())
                .put("xtc_probability", sampling.xtc().probability())
                .put("xtc_threshold", sampling.xtc().threshold())
                .put("tfs_z", sampling.tailFree())
                .put("typical_p", sampling.typicalP())
                .put("repeat_last_n", sampling.penalties().lastN())
                .put("repeat_penalty", sampling.penalties().repeat())
                .put("penalize_nl", sampling.penalties().newline())
                .put("presence_penalty", sampling.penalties().presence())
                .put("frequency_penalty", sampling.penalties().frequency())
                .put("dry_multiplier", sampling.dry().multiplier())
                .put("dry_base", sampling.dry().base())
                .put("dry_allowed_length", sampling.dry().allowedLength())
                .put("dry_penalty_last_n", sampling.dry().lastN());
        ArrayNode breakers = settings.putArray("dry_sequence_breakers");
        sampling.dry().breakers().forEach(breakers::add);
        settings.put("mirostat", sampling.mirostat().version())
                .put("mirostat_tau", sampling.mirostat().tau())
                .put("mirostat_eta", sampling.mirostat().eta())
                .put("adaptive_target", sampling.adaptive().target())
                .put("adaptive_decay", sampling.adaptive().decay());
    }

    private static void limits(ObjectNode settings, int maxTokens, int keep, int discard) {
        settings.put("max_tokens", maxTokens)
                .put("n_predict", maxTokens)
                .put("n_keep", keep)
                .put("n_discard", discard);
    }

    private static ArrayNode biases(Sampling sampling) {
        ArrayNode biases = Json.array();
        for (LogitBias bias : sampling.logitBias()) {
            ObjectNode entry = biases.addObject();
            if (Double.isInfinite(bias.bias())) {
                entry.putNull("bias");
            } else {
                entry.put("bias", bias.bias());
            }
            switch (bias) {
                case LogitBias.OfToken token -> entry.put("token", token.token());
                case LogitBias.OfText text -> entry.put("token", text.text());
            }
        }
        return biases;
    }

    private static void grammar(ObjectNode settings, Generate generate) {
        ArrayNode triggers = Json.array();
        String text = switch (generate.grammar().orElse(null)) {
            case null -> "";
            case Grammar.Gbnf gbnf -> gbnf.text();
            case Grammar.Begun begun -> begun.text();
            case Grammar.JsonSchema schema -> schema.json();
            case Grammar.Lazy lazy -> {
                lazy.triggers().forEach(trigger -> triggers.add(trigger(trigger)));
                yield lazy.text();
            }
        };
        settings.put("grammar", text).put("grammar_lazy", !triggers.isEmpty());
        settings.set("grammar_triggers", triggers);
    }

    private static ObjectNode trigger(Grammar.Trigger trigger) {
        return switch (trigger) {
            case Grammar.Trigger.Token(int id) ->
                Json.object().put("type", 0).put("value", "").put("token", id);
            case Grammar.Trigger.Word(String word) ->
                Json.object().put("type", 1).put("value", word);
            case Grammar.Trigger.Pattern(String regex) ->
                Json.object().put("type", 2).put("value", regex);
            case Grammar.Trigger.FullPattern(String regex) ->
                Json.object().put("type", 3).put("value", regex);
        };
    }

    private static void chat(ObjectNode settings) {
        settings.put("chat_format", "Content-only")
                .put("reasoning_format", "none")
                .put("reasoning_in_content", false)
                .put("generation_prompt", "");
    }

    private static void samplers(ObjectNode settings, Sampling sampling) {
        ArrayNode samplers = settings.putArray("samplers");
        sampling.samplers().forEach(kind -> samplers.add(kind.label()));
    }

    private static void fixed(ObjectNode settings, Speculation speculation) {
        settings.put("speculative.types", SpeculationTypes.names(speculation))
                .put("speculative.n_max", speculation.draftModel().maxTokens())
                .put("speculative.n_min", speculation.draftModel().minTokens())
                .put("speculative.p_min", speculation.draftModel().minProbability())
                .put("speculative.ngram_size_n", speculation.lookup().matchTokens())
                .put("speculative.ngram_size_m", speculation.lookup().maxTokens())
                .put("speculative.adaptive", speculation.adaptive())
                .put("backend_sampling", false);
        settings.putArray("lora");
    }
}
