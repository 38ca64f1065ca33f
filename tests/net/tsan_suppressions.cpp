// What ThreadSanitizer must not report in these tests, because it cannot see how the C library avoids it.
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)

// glibc's getaddrinfo counts the users of its list of addresses by atomic operations of its own, which are
// not instrumented.
extern "C" const char* __tsan_default_suppressions() { return "race:__check_pf\n"; }

#endif
#endif
