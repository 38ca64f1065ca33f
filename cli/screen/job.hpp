// Job control: the program as one job of a shell.
#pragma once

namespace parlance::cli::screen {

/// Stops all of the job (SIGTSTP), as the terminal would: whoever started us waits for it, too. Returns when it goes
/// on. For who takes SIGTSTP as an event (io::signals) and has given the terminal back.
void stop_job();

}  // namespace parlance::cli::screen
