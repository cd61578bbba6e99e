package dev.corral.server.generation;

import dev.corral.engine.Speculation;
import dev.corral.engine.Speculation.DraftModel;
import dev.corral.engine.Speculation.Lookup;
import dev.corral.server.http.Fields;

/** llama.cpp's {@code speculative.*} fields, and {@code speculative.adaptive}. */
final class SpeculationFields {

    private SpeculationFields() {}

    static Speculation read(Fields fields, Speculation defaults) {
        Speculation chosen = fields.text("speculative.type")
                .map(names -> SpeculationTypes.only("speculative.type", names, allOn(defaults)))
                .orElse(defaults);
        DraftModel model = chosen.draftModel();
        Lookup lookup = chosen.lookup();
        boolean limited = fields.has("speculative.n_max");
        int most = fields.integer("speculative.n_max", DraftModel.MAX, model.maxTokens());
        int looked = fields.integer("speculative.ngram_size_m", Lookup.MAX, lookup.maxTokens());
        return new Speculation(
                new Lookup(
                        fields.integer("speculative.ngram_size_n", Lookup.MATCH, lookup.matchTokens()),
                        limited ? Math.min(looked, most) : looked),
                new DraftModel(
                        fields.integer("speculative.n_min", DraftModel.MIN, model.minTokens()),
                        most,
                        fields.decimal("speculative.p_min", DraftModel.PROBABILITY, model.minProbability())),
                fields.flag("speculative.adaptive", chosen.adaptive()));
    }

    /** What is off at the server is as it comes when a request switches it on. */
    private static Speculation allOn(Speculation defaults) {
        return new Speculation(
                defaults.lookup().isOn() ? defaults.lookup() : Lookup.ON,
                defaults.draftModel().isOn() ? defaults.draftModel() : DraftModel.ON,
                defaults.adaptive());
    }
}
