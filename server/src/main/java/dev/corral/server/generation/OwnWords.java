package dev.corral.server.generation;

import dev.corral.engine.EngineError;
import dev.corral.engine.EngineException;
import dev.corral.engine.InvalidRequestException;
import java.util.Optional;

/**
 * What a request calls the things that the engine names in errors.
 *
 * @param schema the field with the JSON schema of the answer, where there is one
 * @param tools whether there are tools
 */
public record OwnWords(Optional<String> schema, boolean tools) {

    /** The same error, about a field of the request. */
    public EngineException say(EngineException e) {
        if (!(e.error() instanceof EngineError.Invalid(String field, String value, String rule))) {
            return e;
        }
        Optional<String> name = switch (field) {
            case "json_schema" -> schema;
            case "grammar" -> schema.or(() -> tools ? Optional.of("tools") : Optional.empty());
            default -> Optional.empty();
        };
        return name.<EngineException>map(own -> new InvalidRequestException(own, value, rule))
                .orElse(e);
    }
}
