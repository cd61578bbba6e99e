package dev.corral.server.generation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import dev.corral.engine.Range;
import dev.corral.engine.SamplerKind;
import dev.corral.engine.Sampling;
import dev.corral.server.http.Fields;
import java.util.List;

/** The fields of a request that say how tokens are chosen, each within the range that {@link Sampling} declares. */
final class SamplingFields {

    private final Fields fields;
    private final Sampling otherwise;

    private SamplingFields(Fields fields, Sampling otherwise) {
        this.fields = fields;
        this.otherwise = otherwise;
    }

    /** @param otherwise what holds for fields that the request lacks */
    static Sampling read(Fields fields, Sampling otherwise) {
        return new SamplingFields(fields, otherwise).read();
    }

    private Sampling read() {
        return new Sampling(
                samplers(),
                fields.decimal("temperature", Sampling.TEMPERATURE, otherwise.temperature()),
                dynamic(),
                fields.integer("top_k", Sampling.TOP_K, otherwise.topK()),
                probability("top_p", otherwise.topP()),
                probability("min_p", otherwise.minP()),
                probability("tfs_z", otherwise.tailFree()),
                probability("typical_p", otherwise.typicalP()),
                fields.decimal("top_n_sigma", Sampling.TOP_N_SIGMA, otherwise.topNSigma()),
                xtc(),
                penalties(),
                dry(),
                mirostat(),
                adaptive(),
                fields.integer("min_keep", Sampling.MIN_KEEP, otherwise.minKeep()),
                fields.whole("seed", Sampling.SEED, otherwise.seed()),
                LogitBiasFields.read(fields, otherwise.logitBias()),
                fields.flag("ignore_eos", otherwise.ignoreEos()));
    }

    private double probability(String name, double fallback) {
        return fields.decimal(name, Sampling.PROBABILITY, fallback);
    }

    private double decimal(String name, Range range, double fallback) {
        return fields.decimal(name, range, fallback);
    }

    private List<SamplerKind> samplers() {
        return fields.node("samplers").map(this::samplers).orElse(otherwise.samplers());
    }

    private List<SamplerKind> samplers(JsonNode value) {
        return switch (value) {
            case ArrayNode _ ->
                fields.texts("samplers").stream().map(SamplerKind::named).toList();
            case JsonNode letters when letters.isTextual() -> SamplerKind.lettered(letters.textValue());
            default -> throw fields.invalid("samplers", value, "must be an array of names or a string of letters");
        };
    }

    private Sampling.DynamicTemperature dynamic() {
        Sampling.DynamicTemperature or = otherwise.dynamic();
        return new Sampling.DynamicTemperature(
                decimal("dynatemp_range", Sampling.DynamicTemperature.RANGE, or.range()),
                decimal("dynatemp_exponent", Sampling.DynamicTemperature.EXPONENT, or.exponent()));
    }

    private Sampling.Xtc xtc() {
        Sampling.Xtc or = otherwise.xtc();
        return new Sampling.Xtc(
                probability("xtc_probability", or.probability()), probability("xtc_threshold", or.threshold()));
    }

    private Sampling.Penalties penalties() {
        Sampling.Penalties or = otherwise.penalties();
        return new Sampling.Penalties(
                fields.integer("repeat_last_n", Sampling.Penalties.LAST_N, or.lastN()),
                decimal("repeat_penalty", Sampling.Penalties.REPEAT, or.repeat()),
                decimal("frequency_penalty", Sampling.Penalties.FREQUENCY, or.frequency()),
                decimal("presence_penalty", Sampling.Penalties.PRESENCE, or.presence()),
                fields.flag("penalize_nl", or.newline()));
    }

    private Sampling.Dry dry() {
        Sampling.Dry or = otherwise.dry();
        return new Sampling.Dry(
                decimal("dry_multiplier", Sampling.Dry.MULTIPLIER, or.multiplier()),
                decimal("dry_base", Sampling.Dry.BASE, or.base()),
                fields.integer("dry_allowed_length", Sampling.Dry.ALLOWED_LENGTH, or.allowedLength()),
                fields.integer("dry_penalty_last_n", Sampling.Dry.LAST_N, or.lastN()),
                breakers(or.breakers()));
    }

    private List<String> breakers(List<String> fallback) {
        return fields.array("dry_sequence_breakers")
                .map(array -> {
                    if (array.isEmpty()) {
                        throw fields.invalid("dry_sequence_breakers", array, "must have at least one string");
                    }
                    return fields.texts("dry_sequence_breakers");
                })
                .orElse(fallback);
    }

    private Sampling.Mirostat mirostat() {
        Sampling.Mirostat or = otherwise.mirostat();
        return new Sampling.Mirostat(
                fields.integer("mirostat", Sampling.Mirostat.VERSION, or.version()),
                decimal("mirostat_tau", Sampling.Mirostat.TAU, or.tau()),
                decimal("mirostat_eta", Sampling.Mirostat.ETA, or.eta()));
    }

    private Sampling.AdaptiveP adaptive() {
        Sampling.AdaptiveP or = otherwise.adaptive();
        return new Sampling.AdaptiveP(
                decimal("adaptive_target", Sampling.AdaptiveP.TARGET, or.target()),
                decimal("adaptive_decay", Sampling.AdaptiveP.DECAY, or.decay()));
    }
}
