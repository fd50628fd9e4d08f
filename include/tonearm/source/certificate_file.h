#pragma once

#include <string>

namespace tonearm::source {

/// Whether libcurl could take the file for upstream.ca_file: PEM, with a certificate at least.
bool holds_certificates(const std::string& path);

}  // namespace tonearm::source
