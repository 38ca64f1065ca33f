#include <signal.h>

#include <cli/screen/job.hpp>

namespace parlance::cli::screen {

void stop_job() {
  // It is blocked else, as our signals are.
  sigset_t stop;
  ::sigemptyset(&stop);
  ::sigaddset(&stop, SIGTSTP);
  ::pthread_sigmask(SIG_UNBLOCK, &stop, nullptr);
  ::kill(0, SIGTSTP);
  ::pthread_sigmask(SIG_BLOCK, &stop, nullptr);
}

}  // namespace parlance::cli::screen
