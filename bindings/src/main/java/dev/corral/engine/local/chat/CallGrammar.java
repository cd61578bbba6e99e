package dev.corral.engine.local.chat;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * llama.cpp's grammar of an answer that calls tools, made stricter where it is of the kind that most templates get: its root
 * is the opening of the answer, thoughts, any text, and a rule for the calls. A weak model never ends the text.
 *
 * @param text GBNF
 * @param rule the calls alone
 */
record CallGrammar(String text, String rule) {

    private static final Pattern FREE_TEXT =
            Pattern.compile("^(root ::= .*?) until-\\d+\\??((?: space)?) (tool-call[a-z-]*)$", Pattern.MULTILINE);
    private static final Pattern SEVERAL =
            Pattern.compile("^tool-calls ::= \\((tool-call\\??) space\\)\\+$", Pattern.MULTILINE);

    /**
     * The grammar of calls and nothing else but thoughts.
     *
     * @param single one call
     */
    static CallGrammar required(String grammar, boolean single) {
        Matcher free = FREE_TEXT.matcher(grammar);
        return free.find()
                ? new CallGrammar(once(free.replaceFirst("$1$2 $3"), single), free.group(3))
                : new CallGrammar(grammar, "");
    }

    /** Whether there is a rule for the calls alone. */
    boolean hasRule() {
        return !rule.isEmpty();
    }

    /** With {@code single}, a grammar that has one call where it had any number. */
    static String once(String grammar, boolean single) {
        return single ? SEVERAL.matcher(grammar).replaceFirst("tool-calls ::= $1 space") : grammar;
    }
}
