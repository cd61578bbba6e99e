package dev.corral.server.hub;

import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.nio.channels.UnresolvedAddressException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Gets one file to the end: goes on where an earlier try stopped, tries again when it breaks off, and gives the file its name
 * only when all of it is there and its checksum is right.
 *
 * <p>Used by one thread.
 */
final class Download {

    /**
     * How patient it is.
     *
     * @param tries in a row that brought nothing
     * @param pause after the first of them; twice as long after each further one
     * @param stall without a byte before a connection is given up
     */
    record Patience(int tries, Duration pause, Duration stall) {
        static final Patience STANDARD = new Patience(6, Duration.ofSeconds(1), Duration.ofSeconds(60));
    }

    /** What has come. */
    record Received(String sha256, String tag, long size) {}

    /** Better luck next time, from the same place. */
    private static final class Again extends IOException {
        private static final long serialVersionUID = 1L;

        Again(String message) {
            super(message);
        }
    }

    private static final Pattern CONTENT_RANGE = Pattern.compile("bytes (?:(\\d+)-\\d+|\\*)/(\\d+|\\*)");
    private static final int PARTIAL = 206;
    private static final int OK = 200;
    private static final int UNSATISFIABLE = 416;
    private static final int TOO_MANY = 429;
    private static final int SERVER_ERRORS = 500;
    private static final int BUFFER = 1 << 16;

    private final HubHttp http;
    private final RemoteFile file;
    private final Path target;
    private final Patience patience;
    private final Progress progress;
    private Optional<String> expected;

    Download(HubHttp http, RemoteFile file, Path target, Patience patience, Progress progress) {
        this.http = http;
        this.file = file;
        this.target = target;
        this.patience = patience;
        this.progress = progress;
        this.expected = file.sha256();
    }

    /** @throws HubException when it can't be had; what has come stays for a later try, unless it is wrong */
    Received run() throws InterruptedException {
        try (PartFile part = PartFile.of(target)) {
            insist(part);
            String digest = part.digest();
            if (expected.isPresent() && !expected.get().equals(digest)) {
                part.discard();
                throw new HubException(file.path() + " is not what was published, and was removed.\n"
                        + "  SHA-256 expected: " + expected.get() + "\n  SHA-256 found:    " + digest);
            }
            Received received = new Received(digest, part.tag().orElse(""), part.size());
            part.finish();
            return received;
        } catch (IOException e) {
            throw new HubException(target + " can't be written: " + told(e), e);
        }
    }

    /** Tries until all of it is there. */
    private void insist(PartFile part) throws IOException, InterruptedException {
        for (int tries = 1; ; tries++) {
            long before = part.size();
            try {
                receive(part);
                return;
            } catch (IOException e) {
                requireRoom(part, 1);
                if (part.size() > before) {
                    tries = 1;
                }
                if (tries >= patience.tries()) {
                    throw new HubException(
                            file.path() + " did not come: " + told(e)
                                    + (part.size() > 0 ? ". Start again to go on where it stopped" : ""),
                            e);
                }
                Thread.sleep(patience.pause().multipliedBy(1L << (tries - 1)));
            }
        }
    }

    private void receive(PartFile part) throws IOException, InterruptedException {
        if (part.size() > 0 && !isWanted(part)) {
            part.begin("");
        }
        if (file.size() >= 0 && part.size() == file.size()) {
            return;
        }
        long from = part.size();
        Map<String, String> headers = new HashMap<>(Map.of("Accept-Encoding", "identity"));
        if (from > 0) {
            headers.put("Range", "bytes=" + from + "-");
        }
        HubHttp.Answer answer = http.get(file.address(), headers);
        try (InputStream body = answer.last().body()) {
            if (isComplete(part, answer)) {
                return;
            }
            copy(body, part, accept(part, answer, from));
        }
    }

    /** Whether what has come is of the version that is wanted, as far as anybody knows. */
    private boolean isWanted(PartFile part) throws IOException {
        Optional<String> tag = part.tag().filter(text -> !text.isEmpty());
        boolean fits = file.size() < 0 || part.size() <= file.size();
        return fits && tag.isPresent() && (file.sha256().isEmpty() || tag.equals(file.sha256()));
    }

    /** A server that has nothing behind what has come says so with an error. */
    private boolean isComplete(PartFile part, HubHttp.Answer answer) throws IOException {
        if (answer.status() != UNSATISFIABLE) {
            return false;
        }
        if (total(answer).orElse(-1) == part.size() && part.tag().equals(Optional.of(tag(answer)))) {
            return true;
        }
        part.begin("");
        throw new Again("the server has another file by now");
    }

    /**
     * Makes the part ready for the answer's body.
     *
     * @return bytes of the whole file; negative where nobody says
     */
    private long accept(PartFile part, HubHttp.Answer answer, long from) throws IOException {
        int status = answer.status();
        if (status == TOO_MANY || status >= SERVER_ERRORS) {
            throw new Again("HTTP " + status);
        }
        if (status != OK && status != PARTIAL) {
            throw http.refusal(answer, file.path());
        }
        String tag = tag(answer);
        if (status == PARTIAL && from > 0) {
            if (!part.tag().equals(Optional.of(tag)) || start(answer) != from) {
                part.begin("");
                throw new Again("the server has another file by now");
            }
        } else {
            part.begin(tag);
        }
        if (expected.isEmpty()) {
            expected = linkedSha256(answer);
        }
        long total = total(answer).orElse(file.size());
        if (file.size() >= 0 && total != file.size()) {
            throw new HubException(
                    file.path() + " has " + file.size() + " bytes by the hub's list, and " + total + " by its server");
        }
        requireRoom(part, total - part.size());
        return total;
    }

    private void copy(InputStream body, PartFile part, long total) throws IOException {
        byte[] buffer = new byte[BUFFER];
        String name = ModelFile.baseName(file.path());
        progress.at(name, part.size(), total);
        try (StallGuard guard = new StallGuard(body, patience.stall())) {
            for (int read = body.read(buffer); read >= 0; read = body.read(buffer)) {
                guard.moved();
                part.append(buffer, read);
                progress.at(name, part.size(), total);
            }
            if (guard.stalled()) {
                throw new Again("nothing came for " + patience.stall().toSeconds() + " s");
            }
        }
        if (total >= 0 && part.size() != total) {
            throw new Again("it broke off after " + part.size() + " of " + total + " bytes");
        }
    }

    /** What tells versions of the file apart. */
    private String tag(HubHttp.Answer answer) {
        return file.sha256()
                .or(() -> answer.first("x-linked-etag").map(Download::unquoted))
                .or(() -> answer.header("etag").map(Download::unquoted))
                .or(() -> answer.header("last-modified"))
                .orElse("of unknown version");
    }

    private static Optional<String> linkedSha256(HubHttp.Answer answer) {
        return answer.first("x-linked-etag").map(Download::unquoted).flatMap(Hub::sha256);
    }

    private static String unquoted(String tag) {
        String strong = tag.startsWith("W/") ? tag.substring(2) : tag;
        return strong.replace("\"", "");
    }

    private static OptionalLong total(HubHttp.Answer answer) {
        Optional<String> range = answer.header("content-range");
        if (range.isPresent()) {
            Matcher matcher = CONTENT_RANGE.matcher(range.get());
            return matcher.matches() && !matcher.group(2).equals("*")
                    ? OptionalLong.of(Long.parseLong(matcher.group(2)))
                    : OptionalLong.empty();
        }
        return answer.status() == OK
                ? answer.last().headers().firstValueAsLong("content-length")
                : OptionalLong.empty();
    }

    private static long start(HubHttp.Answer answer) {
        Matcher matcher = CONTENT_RANGE.matcher(answer.header("content-range").orElse(""));
        return matcher.matches() && matcher.group(1) != null ? Long.parseLong(matcher.group(1)) : -1;
    }

    private void requireRoom(PartFile part, long bytes) throws IOException {
        long room = part.room();
        if (bytes > room) {
            throw new HubException("the disk is full: " + file.path() + " needs " + Sizes.shown(bytes) + " more, and "
                    + target.toAbsolutePath().getParent() + " has room for " + Sizes.shown(room)
                    + ". CORRAL_CACHE names another folder");
        }
    }

    /** What a failure is for a person. */
    static String told(IOException e) {
        if (e instanceof ConnectException connect) {
            return connect.getCause() instanceof UnresolvedAddressException
                    ? "there is no such host"
                    : "it does not answer";
        }
        return e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
    }
}
