#pragma once

#include "tonearm/io/whole_file.h"

#include "app/values.h"

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace tonearm::app {

/// A secret: itself, or "env:NAME" for the value of an environment variable, without line ends
/// behind it.
Complaint read_secret(const std::string& text, std::string& out);
/// The secrets in a file, one a line; blank lines and a byte order mark are left out.
Complaint read_secret_file(const std::filesystem::path& path, io::Reading reading,
                           std::vector<std::string>& out);
/// What is printed in place of a secret.
constexpr std::string_view masked_secret = "***";
/// Refuses that: who saved what was printed has yet to give the secrets.
Complaint check_not_masked(std::string_view secret);
/// Refuses what nobody can have meant: nothing but blanks or masked_secret, which anyone could
/// guess, and control characters, which no request can carry.
Complaint check_secret(std::string_view secret);

}  // namespace tonearm::app
