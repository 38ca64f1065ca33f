// What ThreadSanitizer must not report in these tests, because it cannot see how the C library avoids it.
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)

// glibc's getaddrinfo counts the users of its list of addresses by atomic operations of its own, which are
// not instrumented. TSan knows that of the C library's getaddrinfo, but not of the one that stands in for it
// in kernel_faults.cpp. The function named is ours and calls nothing else (address.cpp): glibc's own,
// __check_pf, can be told only where its debug symbols are installed.
extern "C" const char* __tsan_default_suppressions() { return "race:ask_the_resolver\n"; }

#endif
#endif
