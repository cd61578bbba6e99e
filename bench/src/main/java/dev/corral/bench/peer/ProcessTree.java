package dev.corral.bench.peer;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** What Linux says about a process and those below it. */
final class ProcessTree {

    private static final String RESIDENT = "VmRSS:";

    private ProcessTree() {}

    static long residentBytes(ProcessHandle top) throws IOException {
        long sum = 0;
        for (ProcessHandle process :
                Stream.concat(Stream.of(top), top.descendants()).toList()) {
            sum += isShell(process) ? 0 : residentBytes(process.pid());
        }
        return sum;
    }

    private static long residentBytes(long pid) throws IOException {
        try {
            List<String> status = Files.readAllLines(Path.of("/proc", String.valueOf(pid), "status"));
            for (String line : status) {
                if (line.startsWith(RESIDENT)) {
                    return Long.parseLong(line.substring(RESIDENT.length())
                                    .replace("kB", "")
                                    .strip())
                            << 10;
                }
            }
            return 0;
        } catch (NoSuchFileException e) {
            return 0;
        }
    }

    /** True for the guard beside a process. */
    static boolean isShell(ProcessHandle process) {
        String program = process.info().command().orElse("");
        return List.of("sh", "dash", "bash").contains(program.substring(program.lastIndexOf('/') + 1));
    }
}
