package dev.corral.llama;

import dev.corral.llama.LlamaException.Code;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermission;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Native libraries that lie on the class path, in a jar for one platform. They are unpacked into a folder of the user's own
 * that is named by their checksums, once; what is there already is used only if it is unchanged.
 *
 * <p>A jar has, below {@code dev/corral/natives/linux-x86_64/}, the files and an {@code index}: a SHA-256, two spaces and a
 * name a line.
 */
final class PackedNatives {

    private static final Pattern LINE = Pattern.compile("([0-9a-f]{64})  ([A-Za-z0-9_+][A-Za-z0-9_+.-]*)");
    private static final Set<PosixFilePermission> OTHERS_WRITE =
            Set.of(PosixFilePermission.GROUP_WRITE, PosixFilePermission.OTHERS_WRITE);

    private record Entry(String sha256, String name) {}

    private final ClassLoader classPath;
    private final String folder;
    private final byte[] index;
    private final List<Entry> entries;

    private PackedNatives(ClassLoader classPath, String folder, byte[] index) {
        this.classPath = classPath;
        this.folder = folder;
        this.index = index;
        this.entries = entries(index);
    }

    /** Those for a platform, where the class path has any. */
    static Optional<PackedNatives> on(ClassLoader classPath, String platform) {
        String folder = "dev/corral/natives/" + platform + "/";
        try (@Nullable InputStream in = classPath.getResourceAsStream(folder + "index")) {
            return in == null ? Optional.empty() : Optional.of(new PackedNatives(classPath, folder, in.readAllBytes()));
        } catch (IOException e) {
            throw new LlamaException(Code.LIBRARY, "the native libraries on the class path can't be read", e);
        }
    }

    /** The one that this JVM runs on, such as linux-x86_64 or macos-aarch64. */
    static String platform() {
        String system = System.getProperty("os.name", "").toLowerCase(Locale.ROOT);
        String machine = System.getProperty("os.arch", "").toLowerCase(Locale.ROOT);
        return (system.startsWith("mac") ? "macos" : system) + "-" + (machine.equals("amd64") ? "x86_64" : machine);
    }

    /** Where they are unpacked by default. */
    static Path standardCache() {
        @Nullable String cache = System.getenv("XDG_CACHE_HOME");
        Path caches = cache == null || cache.isBlank()
                ? Path.of(System.getProperty("user.home", "."), ".cache")
                : Path.of(cache);
        return caches.resolve("corral").resolve("natives");
    }

    private static List<Entry> entries(byte[] index) {
        List<Entry> entries = new ArrayList<>();
        for (String line : new String(index, StandardCharsets.UTF_8).lines().toList()) {
            var match = LINE.matcher(line);
            if (!match.matches()) {
                throw new LlamaException(Code.LIBRARY, "the index of native libraries on the class path is malformed");
            }
            entries.add(new Entry(match.group(1), match.group(2)));
        }
        return List.copyOf(entries);
    }

    /**
     * The folder that has them.
     *
     * @param cache what it is made in
     * @throws LlamaException (LIBRARY) when they can't be written, or somebody else may write there
     */
    Path unpack(Path cache) {
        Path target = cache.resolve(hex(sha256().digest(index)));
        try {
            Files.createDirectories(cache);
            if (Files.isDirectory(target, LinkOption.NOFOLLOW_LINKS)) {
                if (isIntact(target)) {
                    return target;
                }
                delete(target);
            }
            Path fresh = Files.createTempDirectory(cache, "new-"); // its owner's only
            try {
                for (Entry entry : entries) {
                    write(entry, fresh.resolve(entry.name()));
                }
            } catch (IOException e) {
                delete(fresh);
                throw e;
            }
            publish(fresh, target);
            if (!isIntact(target)) {
                throw new LlamaException(Code.LIBRARY, target + " may be written by others");
            }
            return target;
        } catch (IOException e) {
            throw new LlamaException(Code.LIBRARY, "native libraries can't be unpacked to " + target + ": " + e, e);
        }
    }

    private void write(Entry entry, Path file) throws IOException {
        MessageDigest digest = sha256();
        try (@Nullable InputStream in = classPath.getResourceAsStream(folder + entry.name())) {
            if (in == null) {
                throw new IOException("the class path lacks " + folder + entry.name());
            }
            byte[] bytes = in.readAllBytes();
            if (!hex(digest.digest(bytes)).equals(entry.sha256())) {
                throw new IOException(folder + entry.name() + " is damaged");
            }
            Files.write(file, bytes);
        }
    }

    /** Another process may have been quicker; then its files are as good. */
    private static void publish(Path fresh, Path target) throws IOException {
        try {
            Files.move(fresh, target, StandardCopyOption.ATOMIC_MOVE);
        } catch (FileAlreadyExistsException | DirectoryNotEmptyException e) {
            delete(fresh);
        } catch (AtomicMoveNotSupportedException e) {
            Files.move(fresh, target);
        }
    }

    private boolean isIntact(Path target) throws IOException {
        if (isOthersToWrite(target)) {
            return false;
        }
        for (Entry entry : entries) {
            Path file = target.resolve(entry.name());
            if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)
                    || isOthersToWrite(file)
                    || !hex(sha256().digest(Files.readAllBytes(file))).equals(entry.sha256())) {
                return false;
            }
        }
        return true;
    }

    private static boolean isOthersToWrite(Path path) throws IOException {
        if (!Files.getFileStore(path).supportsFileAttributeView("posix")) {
            return false;
        }
        Set<PosixFilePermission> permissions = Files.getPosixFilePermissions(path, LinkOption.NOFOLLOW_LINKS);
        boolean ours =
                Files.getOwner(path, LinkOption.NOFOLLOW_LINKS).getName().equals(System.getProperty("user.name"));
        return !ours || permissions.stream().anyMatch(OTHERS_WRITE::contains);
    }

    private static void delete(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.toList()) {
                Files.delete(file);
            }
        }
        Files.delete(folder);
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    private static String hex(byte[] bytes) {
        return HexFormat.of().formatHex(bytes);
    }
}
