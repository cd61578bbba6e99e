package dev.corral.llama;

/**
 * A device that ggml computes on.
 *
 * @param name "CPU", "CUDA0"
 * @param description the maker's name for it
 * @param freeBytes memory that is free now; 0 where the backend doesn't say
 * @param totalBytes memory it has; 0 where the backend doesn't say
 */
public record Device(String name, String description, Kind kind, long freeBytes, long totalBytes) {

    public enum Kind {
        CPU,
        GPU,
        /** Shares the host's memory. */
        INTEGRATED_GPU,
        /** Used together with the CPU, such as a BLAS library. */
        ACCELERATOR,
        OTHER
    }
}
