package dev.corral.server.flags;

import java.lang.reflect.AnnotatedElement;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.IDefaultValueProvider;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;

/**
 * Each flag's variable: {@code CORRAL_CTX_SIZE} for {@code --ctx-size}. It goes before llama-server's variable for the same flag,
 * which stands at the flag.
 *
 * @param environment its variables and their values
 */
record EnvironmentDefaults(Map<String, String> environment) implements IDefaultValueProvider {

    private static final String PREFIX = "CORRAL_";
    private static final Pattern READ = Pattern.compile("\\$\\{(\\w+)");

    @Override
    public @Nullable String defaultValue(ArgSpec argument) {
        if (!(argument instanceof OptionSpec option)) {
            return null;
        }
        return own(option)
                .map(environment::get)
                .filter(value -> value != null && !value.isEmpty())
                .findFirst()
                .orElse(null);
    }

    /** Every variable that is read for a flag. */
    static Stream<String> variables(OptionSpec option) {
        Stream<String> declared = declaredDefault(option).stream()
                .flatMap(text -> READ.matcher(text).results().map(found -> found.group(1)));
        return Stream.concat(own(option), declared);
    }

    private static Stream<String> own(OptionSpec option) {
        return Stream.of(option.names())
                .filter(name -> name.startsWith("--"))
                .map(name -> PREFIX + name.substring(2).toUpperCase(Locale.ROOT).replace('-', '_'));
    }

    /** With its variables: picocli gives it only with their values in their place. */
    private static Optional<String> declaredDefault(OptionSpec option) {
        return option.userObject() instanceof AnnotatedElement field
                ? Optional.ofNullable(field.getAnnotation(Option.class)).map(Option::defaultValue)
                : Optional.empty();
    }
}
