package dev.corral.server.ollama;

import com.fasterxml.jackson.databind.JsonNode;
import dev.corral.server.http.Fields;
import dev.corral.server.model.ServedModel;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * {@code keep_alive}: for how long the model stays loaded after the request, as seconds or as a text such as {@code 5m}; for ever
 * where it is negative.
 */
final class KeepAlive {

    private static final Pattern PART = Pattern.compile("(\\d+(?:\\.\\d*)?)(ns|us|µs|ms|s|m|h)");
    private static final Pattern DURATION = Pattern.compile("-?(\\d+|(" + PART.pattern() + ")+)");
    private static final int LONGEST_TEXT = 64;
    private static final BigDecimal NANOS = BigDecimal.valueOf(1_000_000_000);

    private static final Map<String, BigDecimal> UNITS = Map.of(
            "ns", BigDecimal.ONE,
            "us", BigDecimal.valueOf(1_000),
            "µs", BigDecimal.valueOf(1_000),
            "ms", BigDecimal.valueOf(1_000_000),
            "s", NANOS,
            "m", BigDecimal.valueOf(60).multiply(NANOS),
            "h", BigDecimal.valueOf(3600).multiply(NANOS));

    private KeepAlive() {}

    /** Empty where the request leaves it open; {@link ServedModel#EVER} at most. */
    static Optional<Duration> read(Fields fields) {
        return fields.node("keep_alive")
                .filter(value -> !(value.isTextual() && value.textValue().isEmpty()))
                .map(value -> duration(value)
                        .orElseThrow(() -> fields.invalid(
                                "keep_alive", value, "must be a number of seconds, or a duration such as \"5m\"")));
    }

    private static Optional<Duration> duration(JsonNode value) {
        if (value.isNumber()) {
            return Optional.of(of(value.decimalValue().multiply(NANOS)));
        }
        if (!value.isTextual()
                || value.textValue().length() > LONGEST_TEXT
                || !DURATION.matcher(value.textValue()).matches()) {
            return Optional.empty();
        }
        String text = value.textValue();
        if (text.startsWith("-")) {
            return Optional.of(ServedModel.EVER);
        }
        if (text.chars().allMatch(Character::isDigit)) {
            return Optional.of(of(new BigDecimal(text).multiply(NANOS)));
        }
        BigDecimal nanos = BigDecimal.ZERO;
        for (Matcher part = PART.matcher(text); part.find(); ) {
            nanos = nanos.add(new BigDecimal(part.group(1)).multiply(UNITS.getOrDefault(part.group(2), NANOS)));
        }
        return Optional.of(of(nanos));
    }

    private static Duration of(BigDecimal nanos) {
        boolean forEver = nanos.signum() < 0 || nanos.compareTo(BigDecimal.valueOf(ServedModel.EVER.toNanos())) > 0;
        return forEver ? ServedModel.EVER : Duration.ofNanos(nanos.longValue());
    }
}
