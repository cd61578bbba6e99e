package dev.corral.server.llamacpp;

import dev.corral.server.http.Exchange;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The cookie that clients of 2023 keep between the turns of a conversation, which a balancer before several servers may
 * go by: a name for the conversation, and the slot of its last turn, which the next one asks for unless it names a slot
 * itself. Nothing depends on it: a prompt's cached prefix is found without it, and a cookie that makes no sense is
 * ignored.
 *
 * @param conversation 16 hexadecimal digits, by chance
 * @param slot from 0
 */
record ConversationCookie(String conversation, int slot) {

    static final String NAME = "corral_conversation";

    private static final Pattern VALUE = Pattern.compile("([0-9a-f]{16})\\.(\\d{1,5})");
    private static final SecureRandom RANDOM = new SecureRandom();

    /** What the client sent, when it is one. */
    static Optional<ConversationCookie> of(Exchange exchange) {
        return exchange.cookie(NAME).flatMap(ConversationCookie::parse);
    }

    static Optional<ConversationCookie> parse(String value) {
        Matcher matcher = VALUE.matcher(value);
        return matcher.matches()
                ? Optional.of(new ConversationCookie(matcher.group(1), Integer.parseInt(matcher.group(2))))
                : Optional.empty();
    }

    /** Tells the client where its conversation is now, if it does not know. */
    static void tell(Exchange exchange, int slot) {
        Optional<ConversationCookie> known = of(exchange);
        if (known.isEmpty() || known.get().slot() != slot) {
            String conversation = known.map(ConversationCookie::conversation)
                    .orElseGet(() -> HexFormat.of().toHexDigits(RANDOM.nextLong()));
            exchange.setCookie(NAME, conversation + "." + slot);
        }
    }
}
