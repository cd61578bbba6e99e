package dev.corral.server.alpaca;

import dev.corral.engine.Generate;
import dev.corral.engine.Limits;
import dev.corral.engine.Prompt;
import dev.corral.engine.Range;
import dev.corral.engine.Sampling;
import dev.corral.engine.Search;
import dev.corral.server.generation.CachePartition;
import dev.corral.server.generation.Defaults;
import dev.corral.server.http.Fields;
import java.util.ArrayList;
import java.util.List;

/**
 * How a route decodes where a request does not say, as Hugging Face's generate() does it: the repetition penalty on all
 * tokens before, the prompt's too, then temperature, top-k, top-p.
 *
 * @param maxTokens of the answer alone
 */
record Decoding(double temperature, double topP, int maxTokens, double repetitionPenalty) {

    private static final Range TEMPERATURE = Range.of(0, 100);
    private static final Range TOP_K = Range.atLeast(0);
    private static final Range MAX_TOKENS = Range.atLeast(1);
    private static final int LIKELIEST = 40;
    private static final int ALL_BEFORE = -1;

    /**
     * Reads how a request wants its prompt continued.
     *
     * @param caller whom the request is counted to
     */
    Generate read(Fields fields, Prompt prompt, Template template, Defaults defaults, String caller) {
        double chosen = fields.decimal("temperature", TEMPERATURE, temperature);
        boolean sampled = fields.flag("do_sample", true) && chosen > 0;
        int beams = fields.integer("num_beams", Search.Beams.COUNT, 1);
        double penalty = fields.decimal("repetition_penalty", Sampling.Penalties.REPEAT, repetitionPenalty);
        if (beams > 1 && penalty < 1) {
            throw fields.invalid(
                    "repetition_penalty",
                    fields.json().get("repetition_penalty"),
                    "must be at least 1 where num_beams is more than 1");
        }
        Sampling sampling = Sampling.huggingFace().toBuilder()
                .temperature(sampled ? chosen : beams > 1 ? 1 : 0)
                .topK(fields.integer("top_k", TOP_K, LIKELIEST))
                .topP(fields.decimal("top_p", Sampling.PROBABILITY, topP))
                .penalties(new Sampling.Penalties(ALL_BEFORE, penalty, 0, 0))
                .seed(fields.whole("seed", Sampling.SEED, Sampling.RANDOM_SEED))
                .build();
        return Generate.builder(prompt)
                .sampling(sampling)
                .limits(limits(fields, defaults))
                .stop(stop(fields, template))
                .search(beams == 1 ? Search.EACH : new Search.Beams(beams, 1, Search.EarlyStopping.ESTIMATED, sampled))
                .cache(new Generate.Cache(
                        true, Generate.Cache.ANY_SLOT, CachePartition.of(caller, defaults.sharedCache())))
                .schedule(new Generate.Schedule(0, caller, defaults.deadline()))
                .speculation(defaults.speculation())
                .build();
    }

    private Limits limits(Fields fields, Defaults defaults) {
        Limits limits = Limits.tokens(fields.integer("max_tokens", MAX_TOKENS, maxTokens));
        return defaults.contextShift().map(limits::shiftingContext).orElse(limits);
    }

    private static List<String> stop(Fields fields, Template template) {
        List<String> stop = new ArrayList<>(fields.texts("stop"));
        stop.add(template.otherTurn());
        return stop;
    }
}
