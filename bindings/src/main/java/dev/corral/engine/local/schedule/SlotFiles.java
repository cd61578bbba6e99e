package dev.corral.engine.local.schedule;

import dev.corral.engine.EngineError;
import dev.corral.engine.EngineException;
import dev.corral.engine.InvalidRequestException;
import dev.corral.engine.Reply;
import dev.corral.engine.local.cache.KvCache;
import dev.corral.engine.local.cache.PrefixSpace;
import dev.corral.engine.local.cache.StateFile;
import dev.corral.engine.local.cache.StateHeader;
import dev.corral.llama.LlamaException;
import dev.corral.llama.StateBuffer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Slots saved by name in one folder. A name can't lead out of it, and a file is used only if it is whole and belongs to
 * this model and these settings.
 *
 * <p>Not thread-safe; the engine thread's.
 */
public final class SlotFiles {

    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_-][A-Za-z0-9._-]{0,127}");

    private final Optional<Path> folder;
    private final long fingerprint;
    private final Slots slots;
    private final KvCache cache;

    public SlotFiles(Optional<Path> folder, long fingerprint, Slots slots, KvCache cache) {
        this.folder = folder;
        this.fingerprint = fingerprint;
        this.slots = slots;
        this.cache = cache;
    }

    public Reply.SlotStored save(int slot, String name, String partition) {
        long begun = System.nanoTime();
        Path file = file(name);
        Slots.Last last = last(slot, partition);
        int[] tokens = last.tokens();
        requireSpareSequence();
        try (StateBuffer state = cache.saved(last.space(), tokens).orElseThrow(() -> empty(slot))) {
            StateHeader header = new StateHeader(fingerprint, last.space(), tokens, state.size(), state.checksum());
            StateFile.write(file, file.resolveSibling("." + name + ".part"), header, state);
            return new Reply.SlotStored(slot, tokens.length, Files.size(file), System.nanoTime() - begun);
        } catch (IOException e) {
            throw failed("the slot could not be saved", e);
        }
    }

    public Reply.SlotStored restore(int slot, String name, String partition) {
        long begun = System.nanoTime();
        Path file = file(name);
        checkSlot(slot);
        requireSpareSequence();
        try {
            StateFile.Contents contents = StateFile.read(file, fingerprint);
            try (StateBuffer state = contents.state()) {
                if (!contents.space().partition().equals(PrefixSpace.partitionOf(partition))) {
                    throw new IOException("it was saved for another partition of the cache");
                }
                cache.restore(contents.space(), contents.tokens(), state);
            }
            slots.setLast(slot, new Slots.Last(contents.space(), contents.tokens()));
            return new Reply.SlotStored(slot, contents.tokens().length, Files.size(file), System.nanoTime() - begun);
        } catch (IOException | LlamaException e) {
            // one answer, whether the file exists or not
            throw (InvalidRequestException) new InvalidRequestException(
                            "filename", name, "must name a slot that was saved with this model and these settings")
                    .initCause(e);
        }
    }

    public Reply.SlotErased erase(int slot, String partition) {
        Slots.Last last = last(slot, partition);
        if (last.tokens().length > 0) {
            cache.forget(last.space(), last.tokens());
            slots.setLast(slot, Slots.Last.NOTHING);
        }
        return new Reply.SlotErased(slot, last.tokens().length);
    }

    private void requireSpareSequence() {
        if (!cache.hasSpareSequence()) {
            throw new EngineException(new EngineError.Busy(0, Duration.ofSeconds(1)));
        }
    }

    /** What the slot computed last, as far as it did so for this partition. */
    private Slots.Last last(int slot, String partition) {
        checkSlot(slot);
        Slots.Last last = slots.last(slot);
        return last.space().partition().equals(PrefixSpace.partitionOf(partition)) ? last : Slots.Last.NOTHING;
    }

    private void checkSlot(int slot) {
        if (slot < 0 || slot >= slots.count()) {
            throw new InvalidRequestException(
                    "id_slot", Integer.toString(slot), "must be between 0 and " + (slots.count() - 1));
        }
    }

    private static EngineException empty(int slot) {
        return new InvalidRequestException("id_slot", Integer.toString(slot), "must be a slot that holds tokens");
    }

    private Path file(String name) {
        Path directory = folder.orElseThrow(() -> new EngineException(
                new EngineError.Unsupported("slots can't be saved here: no folder was configured for them")));
        if (!NAME.matcher(name).matches()) {
            throw new InvalidRequestException(
                    "filename", name, "must have 1 to 128 letters, digits, '.', '_' or '-', and not begin with a '.'");
        }
        Path file = directory.resolve(name);
        if (Files.isSymbolicLink(file)) {
            throw new InvalidRequestException("filename", name, "must name a slot that was saved here");
        }
        return file;
    }

    private static EngineException failed(String message, IOException cause) {
        System.getLogger(SlotFiles.class.getName()).log(System.Logger.Level.WARNING, message, cause);
        return new EngineException(new EngineError.Internal(message));
    }
}
