package dev.corral.server.flags;

import dev.corral.server.configuration.ConfigurationException;
import dev.corral.server.configuration.ConfigurationFile;
import dev.corral.server.configuration.Setting;
import java.lang.reflect.Field;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.TypeConversionException;

/**
 * What the command line and a configuration file say together, as arguments: each flag has its value from the command line,
 * else from the environment, else from the file. What the file says of one model goes before all of them, for that model.
 *
 * <p>Used by the main thread only.
 */
public final class Arguments {

    private static final String DASHES = "--";
    private static final Set<String> NOT_IN_A_FILE = Set.of("config", "help", "version");

    /** Flags whose one value holds several. */
    private static final Set<String> COMMA_SEPARATED = Set.of("--alias");

    /** Flags that each model may have for itself. */
    private static final Set<Class<?>> OF_A_MODEL = Set.of(
            ModelFlags.class,
            DownloadFlags.class,
            HubFlags.class,
            ProjectorFlags.class,
            EngineFlags.class,
            CacheFlags.class,
            AdapterFlags.class,
            SpeculationFlags.class,
            EmbeddingFlags.class,
            SamplingFlags.class,
            PenaltyFlags.class,
            RareSamplingFlags.class,
            ChatFlags.class,
            ResidenceFlags.class);

    /** One flag's values. */
    private record Given(OptionSpec option, List<String> values, int line) {

        private String name() {
            return option.longestName();
        }

        private Stream<String> toArguments() {
            return values.stream().map(value -> name() + "=" + value);
        }
    }

    private final CommandSpec flags;
    private final Map<String, String> environment;
    private final ConfigurationFile file;
    private final Map<String, Given> server = new LinkedHashMap<>();

    private Arguments(CommandSpec flags, Map<String, String> environment, ConfigurationFile file) {
        this.flags = flags;
        this.environment = environment;
        this.file = file;
    }

    /**
     * Puts both together.
     *
     * @param commandLine what was given there
     * @throws ConfigurationException when the file has a key that is no flag
     */
    public static Arguments of(ParseResult commandLine, Map<String, String> environment, ConfigurationFile file) {
        Arguments arguments = new Arguments(commandLine.commandSpec(), environment, file);
        for (Setting setting : file.settings()) {
            Given given = arguments.read(setting, false);
            if (!arguments.isInEnvironment(given.option())) {
                arguments.server.put(given.name(), given);
            }
        }
        commandLine.matchedOptions().stream()
                .map(Arguments::given)
                .forEach(given -> arguments.server.put(given.name(), given));
        return arguments;
    }

    private static Given given(OptionSpec option) {
        List<String> values =
                isSwitch(option) ? List.of(String.valueOf(option.<Object>getValue())) : option.originalStringValues();
        return new Given(option, values, 0);
    }

    /** The flags for the whole server. */
    public ServeOptions server() {
        return parse(server);
    }

    /**
     * Each model's flags, by the name that clients call it.
     *
     * @param more models beside those of the file
     */
    public Map<String, ServeOptions> models(List<ConfigurationFile.Model> more) {
        Map<String, ServeOptions> models = new LinkedHashMap<>();
        for (ConfigurationFile.Model model :
                Stream.concat(file.models().stream(), more.stream()).toList()) {
            if (models.containsKey(model.name())) {
                continue;
            }
            models.put(model.name(), model(model));
        }
        return models;
    }

    /** The flags of one model. */
    public ServeOptions model(ConfigurationFile.Model model) {
        Map<String, Given> own = new LinkedHashMap<>(server);
        own.values().removeIf(given -> !isOfAModel(given.option()));
        for (Setting setting : model.settings()) {
            Given given = read(setting, true);
            own.put(given.name(), given);
        }
        ServeOptions options = parse(own);
        if (options.model.model == null && !options.download.named()) {
            throw ConfigurationException.at(
                    file.file(),
                    model.line(),
                    model.name() + " must say which model it is: model, hf-repo or model-url");
        }
        options.model.alias = model.name() + (options.model.alias == null ? "" : "," + options.model.alias);
        return options;
    }

    private Given read(Setting setting, boolean ofAModel) {
        OptionSpec option = flags.findOption(DASHES + setting.name());
        if (option == null || NOT_IN_A_FILE.contains(setting.name())) {
            throw unknown(setting, ofAModel);
        }
        if (ofAModel && !isOfAModel(option)) {
            throw wrong(setting, "belongs to the server, not to one of its models: put it at the top of the file");
        }
        if (COMMA_SEPARATED.contains(option.longestName())) {
            return new Given(option, List.of(String.join(",", setting.values())), setting.line());
        }
        if (setting.values().size() > 1 && !option.isMultiValue()) {
            throw wrong(
                    setting,
                    "has one value, but here is a list of " + setting.values().size());
        }
        return new Given(option, isSwitch(option) ? List.of(onOrOff(setting)) : setting.values(), setting.line());
    }

    private String onOrOff(Setting setting) {
        try {
            return String.valueOf(new SwitchWord().convert(setting.values().getFirst()));
        } catch (TypeConversionException e) {
            throw wrong(
                    setting, "must be true or false, but is " + setting.values().getFirst());
        }
    }

    private ConfigurationException unknown(Setting setting, boolean ofAModel) {
        List<String> names = flags.options().stream()
                .filter(option -> !ofAModel || isOfAModel(option))
                .flatMap(option -> names(option).stream())
                .filter(name -> !NOT_IN_A_FILE.contains(name))
                .collect(Collectors.toCollection(ArrayList::new));
        if (!ofAModel) {
            names.add("models");
        }
        String nearest = NearestName.to(setting.name(), names)
                .map(name -> ". Did you mean " + name + "?")
                .orElse("");
        return wrong(setting, "is no setting" + nearest);
    }

    private ConfigurationException wrong(Setting setting, String message) {
        return ConfigurationException.at(file.file(), setting.line(), "'" + setting.key() + "' " + message);
    }

    private boolean isInEnvironment(OptionSpec option) {
        return EnvironmentDefaults.variables(option).anyMatch(environment::containsKey);
    }

    private static List<String> names(OptionSpec option) {
        return Stream.of(option.names())
                .filter(name -> name.startsWith(DASHES))
                .map(name -> name.substring(DASHES.length()))
                .toList();
    }

    private static boolean isSwitch(OptionSpec option) {
        return option.type() == boolean.class || option.type() == Boolean.class;
    }

    private static boolean isOfAModel(OptionSpec option) {
        return option.userObject() instanceof Field field && OF_A_MODEL.contains(field.getDeclaringClass());
    }

    private ServeOptions parse(Map<String, Given> all) {
        ServeOptions options = new ServeOptions();
        CommandLine parser = FlagSyntax.of(new CommandLine(options));
        try {
            parser.parseArgs(all.values().stream().flatMap(Given::toArguments).toArray(String[]::new));
            return options;
        } catch (ParameterException e) {
            throw Optional.ofNullable(e.getArgSpec())
                    .flatMap(argument -> all.values().stream()
                            .filter(given -> given.line() > 0
                                    && argument instanceof OptionSpec option
                                    && option.longestName().equals(given.name()))
                            .findFirst())
                    .<RuntimeException>map(given ->
                            ConfigurationException.at(file.file(), given.line(), String.valueOf(e.getMessage())))
                    .orElse(e);
        }
    }
}
