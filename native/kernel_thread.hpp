// A thread's place among those that compute an operation of ggml's CPU backend together.
#pragma once

namespace corral {

struct kernel_thread {
    int index;
    int count;
    void *work; // shared by the threads: as many bytes as the operation asked for
    void *pool;
    void (*await_others)(void *pool);
    void (*set_next)(void *pool, int value); // a counter that the threads share
    int (*take_next)(void *pool, int add);   // its value before
};

} // namespace corral
