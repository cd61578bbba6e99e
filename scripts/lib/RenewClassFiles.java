import java.io.IOException;
import java.io.InputStream;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassFileVersion;
import java.lang.classfile.ClassModel;
import java.lang.classfile.ClassTransform;
import java.lang.classfile.CodeTransform;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.jar.JarOutputStream;

/**
 * Gives classes from before Java 6 class files of this Java's version, with stack maps, and so a place in the cache for quick starts:
 * it takes no classes that are verified the old way. Jars without such classes stay as they are.
 *
 * <p>java -cp 'FOLDER/*' RenewClassFiles.java FOLDER
 */
final class RenewClassFiles {

    private static final ClassFile FILES = ClassFile.of(ClassFile.StackMapsOption.GENERATE_STACK_MAPS);
    private static final ClassTransform RENEWED = ClassTransform.transformingMethodBodies(CodeTransform.ACCEPT_ALL)
            .andThen((builder, element) -> {
                if (element instanceof ClassFileVersion) {
                    builder.withVersion(ClassFile.latestMajorVersion(), 0);
                } else {
                    builder.with(element);
                }
            });

    private RenewClassFiles() {}

    public static void main(String[] folder) throws IOException {
        try (DirectoryStream<Path> jars = Files.newDirectoryStream(Path.of(folder[0]), "*.jar")) {
            for (Path jar : jars) {
                renew(jar);
            }
        }
    }

    private static void renew(Path jar) throws IOException {
        Map<JarEntry, byte[]> content = new LinkedHashMap<>();
        boolean old = false;
        try (JarFile file = new JarFile(jar.toFile())) {
            for (JarEntry entry : Collections.list(file.entries())) {
                try (InputStream in = file.getInputStream(entry)) {
                    byte[] bytes = in.readAllBytes();
                    old |= isOld(entry, bytes);
                    content.put(entry, bytes);
                }
            }
        }
        if (old) {
            Path renewed = jar.resolveSibling(jar.getFileName() + ".new");
            write(content, renewed);
            Files.move(renewed, jar, StandardCopyOption.REPLACE_EXISTING);
        }
    }

    private static void write(Map<JarEntry, byte[]> content, Path jar) throws IOException {
        try (JarOutputStream out = new JarOutputStream(Files.newOutputStream(jar))) {
            for (Map.Entry<JarEntry, byte[]> each : content.entrySet()) {
                JarEntry entry = new JarEntry(each.getKey().getName());
                entry.setLastModifiedTime(each.getKey().getLastModifiedTime());
                out.putNextEntry(entry);
                out.write(isOld(entry, each.getValue()) ? renewed(entry, each.getValue()) : each.getValue());
                out.closeEntry();
            }
        }
    }

    /** By the class file's major version, which is in its bytes 6 and 7. */
    private static boolean isOld(JarEntry entry, byte[] bytes) {
        return entry.getName().endsWith(".class")
                && ((bytes[6] & 0xff) << 8 | (bytes[7] & 0xff)) < ClassFile.JAVA_6_VERSION;
    }

    private static byte[] renewed(JarEntry entry, byte[] old) {
        ClassModel model = FILES.parse(old);
        byte[] renewed = FILES.transformClass(model, RENEWED);
        FILES.verify(renewed).stream().findFirst().ifPresent(error -> {
            throw new IllegalStateException(entry.getName() + " can't be renewed: " + error.getMessage());
        });
        return renewed;
    }
}
