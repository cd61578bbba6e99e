package dev.corral.engine;

import java.util.List;
import java.util.Optional;

/** Makes a {@link Generate}; what is not set keeps its default. Not thread-safe. */
public final class GenerateBuilder {

    private Prompt prompt;
    private Sampling sampling = Sampling.defaults();
    private Limits limits = Limits.none();
    private List<String> stop = List.of();
    private Optional<Grammar> grammar = Optional.empty();
    private Logprobs logprobs = Logprobs.NONE;
    private int completions = 1;
    private Generate.Cache cache = Generate.Cache.REUSE;
    private Generate.Output output = Generate.Output.PLAIN;
    private Generate.Schedule schedule = Generate.Schedule.NORMAL;
    private Optional<AdapterSet> adapters = Optional.empty();
    private Search search = Search.EACH;
    private Speculation speculation = Speculation.ADAPTIVE;

    GenerateBuilder(Prompt prompt) {
        this.prompt = prompt;
    }

    GenerateBuilder(Generate request) {
        this(request.prompt());
        sampling = request.sampling();
        limits = request.limits();
        stop = request.stop();
        grammar = request.grammar();
        logprobs = request.logprobs();
        completions = request.completions();
        cache = request.cache();
        output = request.output();
        schedule = request.schedule();
        adapters = request.adapters();
        search = request.search();
        speculation = request.speculation();
    }

    public GenerateBuilder prompt(Prompt value) {
        prompt = value;
        return this;
    }

    public GenerateBuilder sampling(Sampling value) {
        sampling = value;
        return this;
    }

    public GenerateBuilder limits(Limits value) {
        limits = value;
        return this;
    }

    public GenerateBuilder stop(List<String> value) {
        stop = value;
        return this;
    }

    public GenerateBuilder grammar(Grammar value) {
        return grammar(Optional.of(value));
    }

    public GenerateBuilder grammar(Optional<Grammar> value) {
        grammar = value;
        return this;
    }

    public GenerateBuilder logprobs(Logprobs value) {
        logprobs = value;
        return this;
    }

    public GenerateBuilder completions(int value) {
        completions = value;
        return this;
    }

    public GenerateBuilder cache(Generate.Cache value) {
        cache = value;
        return this;
    }

    public GenerateBuilder output(Generate.Output value) {
        output = value;
        return this;
    }

    public GenerateBuilder schedule(Generate.Schedule value) {
        schedule = value;
        return this;
    }

    public GenerateBuilder adapters(Optional<AdapterSet> value) {
        adapters = value;
        return this;
    }

    public GenerateBuilder search(Search value) {
        search = value;
        return this;
    }

    public GenerateBuilder speculation(Speculation value) {
        speculation = value;
        return this;
    }

    /** @throws InvalidRequestException when a value is outside its range */
    public Generate build() {
        return new Generate(
                prompt,
                sampling,
                limits,
                stop,
                grammar,
                logprobs,
                completions,
                cache,
                output,
                schedule,
                adapters,
                search,
                speculation);
    }
}
