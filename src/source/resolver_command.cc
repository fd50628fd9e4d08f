#include "source/resolver_command.h"

#include "tonearm/base/ascii.h"
#include "tonearm/base/char_set.h"

#include <algorithm>
#include <optional>

namespace tonearm::source {
namespace {

constexpr std::size_t longest_words = 500;

std::string fill(const std::string& word, std::string_view value) {
  constexpr std::string_view place = "{}";
  std::string out;
  std::size_t start = 0;
  for (auto at = word.find(place); at != std::string::npos; at = word.find(place, start)) {
    out.append(word, start, at - start);
    out += value;
    start = at + place.size();
  }
  return out.append(word, start);
}

/// Where in a word that is, or holds, a URL that begins which must not be shown: behind `https://`,
/// `https%3A%2F%2F`, or a leading `//`.
std::optional<std::size_t> behind_scheme(std::string_view word) {
  constexpr std::string_view mark = "://";
  for (std::size_t at = word.find(mark); at != word.npos; at = word.find(mark, at + 1)) {
    if (at > 0 && contains(scheme_chars, word[at - 1])) return at + mark.size();
  }
  constexpr std::string_view encoded = "%3a%2f%2f";
  const std::size_t at = to_lower(word).find(encoded);
  if (at != std::string::npos) return at + encoded.size();
  const std::size_t begin = std::min(word.find_first_not_of("\"'(<["), word.size());
  const bool is_reference = word.substr(begin).starts_with("//") && word.size() > begin + 2;
  return is_reference ? std::optional(begin + 2) : std::nullopt;
}

/// Leaves of every URL its scheme: what is behind it may be a link that lets others in.
std::string without_urls(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::string_view word = text.substr(0, text.find(' '));
    const auto shown = behind_scheme(word);
    out += word.substr(0, shown.value_or(word.size()));
    if (shown) out += "...";
    text.remove_prefix(word.size());
    const std::size_t blanks = std::min(text.find_first_not_of(' '), text.size());
    out += text.substr(0, blanks);
    text.remove_prefix(blanks);
  }
  return out;
}

}  // namespace

Result<std::vector<std::string>> fill_command(const std::vector<std::string>& command,
                                              std::string_view value) {
  const auto refused = [](const char* why) { return Error{ErrorKind::bad_locator, why, {}}; };
  if (value.empty()) return refused("the catalog's file value names nothing to resolve");
  if (value.find('\0') != std::string_view::npos) {
    return refused("the catalog's file value holds a NUL, which no argument can");
  }
  std::vector<std::string> words{command.front()};
  bool options_over = false;
  for (auto word = command.begin() + 1; word != command.end(); ++word) {
    words.push_back(fill(*word, value));
    const bool becomes_option = words.back().starts_with('-') && !word->starts_with('-');
    if (becomes_option && !options_over) {
      return refused("the catalog's file value would be taken for an option of the resolver");
    }
    options_over = options_over || *word == "--";
  }
  return words;
}

std::string joined_lines(std::string_view text) {
  std::string out;
  bool blank = false;
  for (const char c : text) {
    if (c == '\n' || c == '\r' || c == '\t' || c == ' ') {
      blank = !out.empty();
      continue;
    }
    if (blank) out += ' ';
    blank = false;
    out += c;
  }
  return out;
}

std::string last_words(std::string_view complaints) {
  std::string words = joined_lines(complaints);
  // What was cut off in front may have made the rest of a URL of the first word.
  if (complaints.size() >= CommandRun::most_complaints) {
    words.erase(0, std::min(words.find(' '), words.size()));
  }
  words = without_urls(words);
  if (words.size() <= longest_words) return words;
  std::size_t start = words.size() - longest_words;
  // Not in the middle of a UTF-8 sequence.
  while (start < words.size() && (static_cast<unsigned char>(words[start]) & 0xC0) == 0x80) ++start;
  return "..." + words.substr(start);
}

Error failure_of(const CommandResult& result, std::chrono::milliseconds timeout) {
  using End = CommandResult::End;
  Error error{ErrorKind::resolver_failed, "the resolver's command ", {}};
  switch (result.end) {
    case End::not_started:
      error.detail = result.complaints;
      return error;
    case End::stopped:
      return Error{ErrorKind::draining, "stopped while its link was looked for", {}};
    case End::timed_out:
      error.kind = ErrorKind::http_response_timeout;
      error.detail += "did not end within " + std::to_string(timeout.count()) + " ms";
      break;
    case End::too_long:
      error.detail += "printed more than " + std::to_string(CommandRun::most_output >> 20) + " MiB";
      break;
    case End::no_memory:
      return Error{ErrorKind::internal, "no memory for what the resolver's command printed", {}};
    case End::exited:
      error.detail += "ended with exit status " + std::to_string(result.status);
      break;
    case End::signaled:
      error.detail += "was ended by signal " + std::to_string(result.status);
      break;
  }
  const std::string words = last_words(result.complaints);
  if (!words.empty()) error.detail += ": " + words;
  return error;
}

}  // namespace tonearm::source
