package dev.corral.bench.scenario;

import dev.corral.bench.load.Completion;
import dev.corral.bench.load.Streamed;
import dev.corral.bench.load.Target;
import dev.corral.bench.load.Words;
import java.io.IOException;

/** A client that asks, reads the answer, and asks again with all that was said. Not thread-safe. */
final class Conversation {

    private final Target target;
    private String said;

    Conversation(Target target, int words, String name, int... numbers) {
        this.target = target;
        this.said = Words.of(words, name, numbers);
    }

    /** The first turn. */
    Streamed open(int tokens) throws IOException {
        return ask(tokens);
    }

    /** A later turn, with so many new words. */
    Streamed goOn(int words, int tokens) throws IOException {
        said += ". " + Words.of(words, "next turn", said.hashCode());
        return ask(tokens);
    }

    /** The same conversation at another server, or at the same one after a restart. */
    Conversation at(Target other) {
        Conversation moved = new Conversation(other, 1, "moved");
        moved.said = said;
        return moved;
    }

    private Streamed ask(int tokens) throws IOException {
        Streamed answer = target.stream(Completion.of(said, tokens)).require();
        said += answer.text();
        return answer;
    }
}
