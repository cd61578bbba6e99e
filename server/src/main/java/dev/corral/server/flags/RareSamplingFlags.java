package dev.corral.server.flags;

import dev.corral.engine.SamplerKind;
import dev.corral.engine.Sampling;
import dev.corral.engine.Sampling.LogitBias;
import dev.corral.engine.SamplingBuilder;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Flags for the samplers that few requests want. */
public final class RareSamplingFlags {

    private static final Pattern BIAS = Pattern.compile("(\\d{1,9})([+-].+)");

    @Option(
            names = "--samplers",
            paramLabel = "NAMES",
            description = "Which samplers are applied, in this order, with semicolons between them.")
    @Nullable
    String samplers;

    @Option(
            names = {"--sampler-seq", "--sampling-seq"},
            paramLabel = "LETTERS",
            description = "The same by letters.")
    @Nullable
    String letters;

    @Option(
            names = {"--top-nsigma", "--top-n-sigma"},
            paramLabel = "N",
            defaultValue = "-1",
            description = "Choose among logits within n standard deviations of the largest; -1 for all (default: "
                    + "${DEFAULT-VALUE}).")
    double topNSigma = -1;

    @Option(
            names = {"--typical", "--typical-p"},
            paramLabel = "N",
            defaultValue = "1",
            description = "Choose among the most typical tokens up to this probability (default: ${DEFAULT-VALUE}).")
    double typicalP = 1;

    @Option(
            names = "--tfs",
            paramLabel = "Z",
            defaultValue = "1",
            description = "Tail-free sampling; 1 for none (default: ${DEFAULT-VALUE}).")
    double tailFree = 1;

    @Option(
            names = "--xtc-probability",
            paramLabel = "N",
            defaultValue = "0",
            description = "How often the likeliest tokens are left out (default: ${DEFAULT-VALUE}).")
    double xtcProbability;

    @Option(
            names = "--xtc-threshold",
            paramLabel = "N",
            defaultValue = "0.1",
            description = "How likely those must be (default: ${DEFAULT-VALUE}).")
    double xtcThreshold = Sampling.Xtc.OFF.threshold();

    @Option(
            names = "--dynatemp-range",
            paramLabel = "N",
            defaultValue = "0",
            description = "How far entropy moves the temperature (default: ${DEFAULT-VALUE}).")
    double dynamicRange;

    @Option(
            names = "--dynatemp-exp",
            paramLabel = "N",
            defaultValue = "1",
            description = "Exponent of that (default: ${DEFAULT-VALUE}).")
    double dynamicExponent = 1;

    @Option(
            names = "--mirostat",
            paramLabel = "N",
            defaultValue = "0",
            description = "Mirostat 1 or 2, in place of other samplers; 0 for none (default: ${DEFAULT-VALUE}).")
    int mirostat;

    @Option(
            names = "--mirostat-ent",
            paramLabel = "N",
            defaultValue = "5",
            description = "Its target, tau (default: ${DEFAULT-VALUE}).")
    double mirostatTau = Sampling.Mirostat.OFF.tau();

    @Option(
            names = "--mirostat-lr",
            paramLabel = "N",
            defaultValue = "0.1",
            description = "Its learning rate, eta (default: ${DEFAULT-VALUE}).")
    double mirostatEta = Sampling.Mirostat.OFF.eta();

    @Option(
            names = "--adaptive-target",
            paramLabel = "N",
            defaultValue = "-1",
            description = "Probability that adaptive-p keeps tokens near; -1 for none (default: ${DEFAULT-VALUE}).")
    double adaptiveTarget = -1;

    @Option(
            names = "--adaptive-decay",
            paramLabel = "N",
            defaultValue = "0.9",
            description = "How long it remembers (default: ${DEFAULT-VALUE}).")
    double adaptiveDecay = Sampling.AdaptiveP.OFF.decay();

    @Option(names = "--ignore-eos", description = "Never end a text by a token.")
    boolean ignoreEos;

    @Option(
            names = {"-l", "--logit-bias"},
            paramLabel = "TOKEN+N",
            split = ",",
            description = "Makes a token likelier, or with TOKEN-N less likely; may be given several times.")
    List<String> biases = new ArrayList<>();

    SamplingBuilder applyTo(SamplingBuilder sampling) {
        if (letters != null) {
            sampling.samplers(SamplerKind.lettered(letters));
        }
        if (samplers != null) {
            sampling.samplers(
                    Stream.of(samplers.split(";")).map(SamplerKind::named).toList());
        }
        return sampling.topNSigma(topNSigma)
                .typicalP(typicalP)
                .tailFree(tailFree)
                .xtc(xtcProbability, xtcThreshold)
                .dynamicTemperature(dynamicRange, dynamicExponent)
                .mirostat(mirostat, mirostatTau, mirostatEta)
                .adaptive(adaptiveTarget, adaptiveDecay)
                .ignoreEos(ignoreEos)
                .logitBias(biases.stream().map(RareSamplingFlags::bias).toList());
    }

    private static LogitBias bias(String text) {
        Matcher matcher = BIAS.matcher(text);
        try {
            if (matcher.matches()) {
                String number = matcher.group(2);
                double value = number.equals("-inf") ? Double.NEGATIVE_INFINITY : Double.parseDouble(number);
                if (LogitBias.BIAS.contains(value) || value == Double.NEGATIVE_INFINITY) {
                    return new LogitBias.OfToken(Integer.parseInt(matcher.group(1)), value);
                }
            }
        } catch (NumberFormatException e) {
            throw new BadFlag("--logit-bias must be TOKEN+N or TOKEN-N, but is " + text);
        }
        throw new BadFlag("--logit-bias must be TOKEN+N or TOKEN-N, but is " + text);
    }
}
