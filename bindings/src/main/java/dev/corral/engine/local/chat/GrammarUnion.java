package dev.corral.engine.local.chat;

import dev.corral.engine.InvalidRequestException;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The grammar of an answer that is either of the form asked for or calls tools: that of the form, where the form's own
 * rule has the calls' grammar for an alternative.
 */
final class GrammarUnion {

    /** What llama.cpp's templates call the rule of the form asked for. */
    private static final List<String> FORM_RULES = List.of("response-format-schema", "response-format");

    private static final String CALL = "call-";
    private static final String FORM = "form-";

    /** What is no name: literals, characters, repetitions, tokens; and names. */
    private static final Pattern WORDS = Pattern.compile(
            "\"(?:[^\"\\\\]|\\\\.)*+\"|\\[(?:[^\\]\\\\]|\\\\.)*+\\]|\\{[^}]*+\\}|<[^>]*+>|([a-zA-Z0-9-]++)");

    private GrammarUnion() {}

    /**
     * Joins two grammars.
     *
     * @param answer GBNF of an answer of the form asked for, its opening included
     * @param calls of which the rule for the calls alone is the other alternative
     * @throws InvalidRequestException when the answer's grammar has no rule that can be extended
     */
    static String of(String answer, CallGrammar calls) {
        String rule = FORM_RULES.stream()
                .filter(name -> answer.lines().anyMatch(line -> line.startsWith(name + " ::= ")))
                .findFirst()
                .orElseThrow(() -> new InvalidRequestException(
                        "tools", "given", "can't be combined with a response format by this model's chat template"));
        StringBuilder union = new StringBuilder();
        for (String line : answer.lines().toList()) {
            if (line.startsWith(rule + " ::= ")) {
                union.append(rule + " ::= " + FORM + rule + " | " + CALL + calls.rule() + "\n" + FORM);
            }
            union.append(line).append('\n');
        }
        return union.append(renamed(calls.text())).toString();
    }

    private static String renamed(String grammar) {
        Matcher words = WORDS.matcher(grammar);
        return words.replaceAll(
                word -> Matcher.quoteReplacement(word.group(1) == null ? word.group() : CALL + word.group(1)));
    }
}
