package dev.corral.engine;

import java.util.List;

/** Builds a {@link Sampling} from llama.cpp's defaults or from another one. Not thread-safe. */
public final class SamplingBuilder {

    private List<SamplerKind> samplers = SamplerKind.DEFAULT_ORDER;
    private double temperature = 0.8;
    private Sampling.DynamicTemperature dynamic = Sampling.DynamicTemperature.OFF;
    private int topK = 40;
    private double topP = 0.95;
    private double minP = 0.05;
    private double tailFree = 1;
    private double typicalP = 1;
    private double topNSigma = -1;
    private Sampling.Xtc xtc = Sampling.Xtc.OFF;
    private Sampling.Penalties penalties = Sampling.Penalties.OFF;
    private Sampling.Dry dry = Sampling.Dry.OFF;
    private Sampling.Mirostat mirostat = Sampling.Mirostat.OFF;
    private Sampling.AdaptiveP adaptive = Sampling.AdaptiveP.OFF;
    private int minKeep;
    private long seed = Sampling.RANDOM_SEED;
    private List<Sampling.LogitBias> logitBias = List.of();
    private boolean ignoreEos;

    SamplingBuilder() {}

    SamplingBuilder(Sampling from) {
        samplers = from.samplers();
        temperature = from.temperature();
        dynamic = from.dynamic();
        topK = from.topK();
        topP = from.topP();
        minP = from.minP();
        tailFree = from.tailFree();
        typicalP = from.typicalP();
        topNSigma = from.topNSigma();
        xtc = from.xtc();
        penalties = from.penalties();
        dry = from.dry();
        mirostat = from.mirostat();
        adaptive = from.adaptive();
        minKeep = from.minKeep();
        seed = from.seed();
        logitBias = from.logitBias();
        ignoreEos = from.ignoreEos();
    }

    public SamplingBuilder samplers(List<SamplerKind> order) {
        samplers = order;
        return this;
    }

    public SamplingBuilder temperature(double value) {
        temperature = value;
        return this;
    }

    public SamplingBuilder dynamicTemperature(double range, double exponent) {
        dynamic = new Sampling.DynamicTemperature(range, exponent);
        return this;
    }

    public SamplingBuilder topK(int k) {
        topK = k;
        return this;
    }

    public SamplingBuilder topP(double p) {
        topP = p;
        return this;
    }

    public SamplingBuilder minP(double p) {
        minP = p;
        return this;
    }

    public SamplingBuilder tailFree(double z) {
        tailFree = z;
        return this;
    }

    public SamplingBuilder typicalP(double p) {
        typicalP = p;
        return this;
    }

    public SamplingBuilder topNSigma(double n) {
        topNSigma = n;
        return this;
    }

    public SamplingBuilder xtc(double probability, double threshold) {
        xtc = new Sampling.Xtc(probability, threshold);
        return this;
    }

    public SamplingBuilder penalties(Sampling.Penalties value) {
        penalties = value;
        return this;
    }

    public SamplingBuilder dry(Sampling.Dry value) {
        dry = value;
        return this;
    }

    public SamplingBuilder mirostat(int version, double tau, double eta) {
        mirostat = new Sampling.Mirostat(version, tau, eta);
        return this;
    }

    public SamplingBuilder adaptive(double target, double decay) {
        adaptive = new Sampling.AdaptiveP(target, decay);
        return this;
    }

    public SamplingBuilder minKeep(int count) {
        minKeep = count;
        return this;
    }

    /** Unsigned 32 bits; -1 for a random one. */
    public SamplingBuilder seed(long value) {
        seed = value;
        return this;
    }

    public SamplingBuilder logitBias(List<Sampling.LogitBias> biases) {
        logitBias = biases;
        return this;
    }

    public SamplingBuilder ignoreEos(boolean ignore) {
        ignoreEos = ignore;
        return this;
    }

    public Sampling build() {
        return new Sampling(
                samplers,
                temperature,
                dynamic,
                topK,
                topP,
                minP,
                tailFree,
                typicalP,
                topNSigma,
                xtc,
                penalties,
                dry,
                mirostat,
                adaptive,
                minKeep,
                seed,
                logitBias,
                ignoreEos);
    }
}
