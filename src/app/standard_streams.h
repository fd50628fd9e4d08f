#pragma once

namespace tonearm::app {

/// Takes the place of standard streams that are closed, so that no file or socket gets their number
/// and what is meant for a terminal. To be called before anything is opened.
void keep_standard_numbers();

/// Whether all that was printed on stdout has been written; says on stderr why when it has not.
bool is_stdout_written();

}  // namespace tonearm::app
