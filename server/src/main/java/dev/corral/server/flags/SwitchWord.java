package dev.corral.server.flags;

import java.util.Locale;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Yes or no in the words that llama-server takes. */
final class SwitchWord implements ITypeConverter<Boolean> {

    @Override
    public Boolean convert(String value) {
        return switch (value.toLowerCase(Locale.ROOT)) {
            case "true", "on", "enabled", "yes", "1" -> true;
            case "false", "off", "disabled", "no", "0" -> false;
            default -> throw new TypeConversionException("'" + value + "' is neither on nor off");
        };
    }
}
