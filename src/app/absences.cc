#include "app/absences.h"

#include "tonearm/source/certificate_file.h"
#include "tonearm/source/s3_account.h"

#include <algorithm>
#include <filesystem>

namespace tonearm::app {

namespace fs = std::filesystem;

std::vector<std::string> absences(const Config& config) {
  std::vector<std::string> lines;
  std::error_code failed;
  const std::string& root = config.files.root;
  if (!root.empty() && !fs::is_directory(root, failed)) {
    lines.push_back("files.root: " + root + " is no directory: file: songs fail until it is one");
  }
  const std::string& certificates = config.upstream.ca_file;
  if (!certificates.empty() && !source::holds_certificates(certificates)) {
    lines.push_back("upstream.ca_file: " + certificates +
                    " holds no certificate: no https origin is trusted");
  }
  const std::string& log = config.log.access;
  const fs::path directory = log == "-" ? fs::path() : fs::path(log).parent_path();
  if (!directory.empty() && !fs::is_directory(directory, failed)) {
    lines.push_back("log.access: " + directory.string() +
                    " is no directory: no log can be opened there");
  }
  for (const auto& [name, resolver] : config.resolvers) {
    const bool has_place =
        std::any_of(resolver.command.begin() + 1, resolver.command.end(),
                    [](const std::string& word) { return word.find("{}") != std::string::npos; });
    if (has_place) continue;
    lines.push_back("resolver." + name +
                    ".command: no argument holds {}, the place of what is to "
                    "be resolved: it finds the same for every song");
  }
  const std::string keys = source::fault_of_keys(config.s3);
  if (!keys.empty()) {
    lines.push_back("s3.access_key: empty, and " + keys + ": requests to S3 are unsigned");
  }
  return lines;
}

}  // namespace tonearm::app
