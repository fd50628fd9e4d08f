#include "app/absences.h"

#include "tonearm/source/certificate_file.h"
#include "tonearm/source/s3_account.h"

#include "app/program_check.h"

#include <algorithm>
#include <filesystem>

namespace tonearm::app {

namespace fs = std::filesystem;
namespace {

/// What a resolver lacks to find anything.
void add_resolver(const std::string& name, const std::vector<std::string>& command,
                  std::vector<std::string>& lines) {
  const std::string key = "resolver." + name + ".command: ";
  if (const std::string fault = fault_of_program(command.front()); !fault.empty()) {
    lines.push_back(key + fault + ": its songs fail until it can be run");
  }
  const bool has_place =
      std::any_of(command.begin() + 1, command.end(),
                  [](const std::string& word) { return word.find("{}") != std::string::npos; });
  if (has_place) return;
  lines.push_back(key +
                  "no argument holds {}, the place of what is to be resolved: it finds the same "
                  "for every song");
}

/// Keys that count only with another one, which is not given.
void add_unused(const Config& config, std::vector<std::string>& lines) {
  if (!config.catalog.list.empty() && config.catalog.lookup.empty()) {
    lines.emplace_back(
        "catalog.list: is not used without catalog.lookup: /songs shows the table music_song");
  }
  if (!config.s3.session_token.empty() && config.s3.access_key.empty()) {
    lines.emplace_back(
        "s3.session_token: is not used without s3.access_key and s3.secret_key, whose it is");
  }
}

/// Signatures that whoever asks is given.
void add_open_lists(const Config& config, std::vector<std::string>& lines) {
  const bool lists_songs = config.catalog.lookup.empty() || !config.catalog.list.empty();
  if (!lists_songs || config.access.signing_keys.empty()) return;
  if (!config.access.api_tokens.empty()) return;
  lines.emplace_back(
      "access.signing_keys: keep nobody out without access.api_tokens: /songs hands a signed link "
      "to everyone");
}

/// Where the log and the cache are to be written.
void add_outputs(const Config& config, std::vector<std::string>& lines) {
  std::error_code failed;
  const std::string& log = config.log.access;
  const fs::path directory = log == "-" ? fs::path() : fs::path(log).parent_path();
  if (!directory.empty() && !fs::is_directory(directory, failed)) {
    lines.push_back("log.access: " + directory.string() +
                    " is no directory: no log can be opened there");
  } else if (fs::is_directory(log, failed)) {
    lines.push_back("log.access: " + log + " is a directory: no log can be opened there");
  }
  const std::string& cache = config.cache.path;
  if (!cache.empty() && fs::exists(cache, failed) && !fs::is_directory(cache, failed)) {
    lines.push_back("cache.path: " + cache + " is no directory: nothing is kept");
  }
}

}  // namespace

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
  add_outputs(config, lines);
  for (const auto& [name, resolver] : config.resolvers) {
    add_resolver(name, resolver.command, lines);
  }
  add_unused(config, lines);
  add_open_lists(config, lines);
  const std::string keys = source::fault_of_keys(config.s3);
  if (!keys.empty()) {
    lines.push_back("s3.access_key: empty, and " + keys + ": requests to S3 are unsigned");
  }
  return lines;
}

}  // namespace tonearm::app
