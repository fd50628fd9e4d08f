#pragma once

#include <string>
#include <string_view>

namespace tonearm::app {

/// `text` as one line for a terminal or a log, whatever a file's name, a catalog, an origin or a
/// client has put into it: the bytes of control characters, and those that are no UTF-8, become
/// \xNN. For people: a backslash stays as it is, so a text may pretend to have been escaped.
std::string one_line(std::string_view text);

}  // namespace tonearm::app
