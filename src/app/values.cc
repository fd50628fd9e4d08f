#include "app/values.h"

#include "app/units.h"

#include <sstream>

namespace tonearm::app {
namespace {

ValueFault read_entries(const toml::array& array, std::vector<std::string>& out,
                        const ReadEntry& read_entry) {
  std::vector<std::string> texts;
  for (const toml::node& entry : array) {
    if (auto complaint = read_entry(entry, texts.emplace_back())) {
      return {std::move(complaint), entry.source().begin.line};
    }
  }
  out = std::move(texts);
  return {};
}

}  // namespace

std::string shown(const toml::node& node) {
  if (node.is_table()) return "a table";
  if (node.is_array()) return "an array";
  std::ostringstream out;
  out << toml::toml_formatter(node, toml_text_flags);
  return out.str();
}

const toml::key& later_of(const toml::key& one, const toml::key& other) {
  return one.source().begin < other.source().begin ? other : one;
}

Complaint read_text(const toml::node& node, std::string& out) {
  const auto* text = node.as_string();
  if (text == nullptr) return shown(node) + " is not a string; give one in quotes";
  if (text->get().find('\0') != std::string::npos) return "a string must not hold NUL";
  out = text->get();
  return {};
}

ValueFault read_texts(const toml::node& node, std::vector<std::string>& out,
                      const ReadEntry& read_entry, EmptyArray empty) {
  const auto* array = node.as_array();
  if (array == nullptr) {
    const std::string none = empty == EmptyArray::allowed ? ", or [] for none" : "";
    return Complaint(shown(node) + " is not an array of strings; give [\"…\", \"…\"]" + none);
  }
  return read_entries(*array, out, read_entry);
}

Complaint read_flag(const toml::node& node, bool& out) {
  const auto* flag = node.as_boolean();
  if (flag == nullptr) return shown(node) + " is neither true nor false";
  out = flag->get();
  return {};
}

Complaint read_number(const toml::node& node, std::uint64_t least, std::uint64_t most,
                      std::string_view zero_means, std::uint64_t& out) {
  const std::string zero =
      zero_means.empty() ? std::string() : "0 (" + std::string(zero_means) + ") or ";
  const std::string wanted =
      "; give " + zero + "a number from " + std::to_string(least) + " to " + std::to_string(most);
  const auto* number = node.as_integer();
  if (number == nullptr) return shown(node) + " is not an integer" + wanted;
  const std::int64_t value = number->get();
  const bool is_zero = value == 0 && !zero_means.empty();
  const bool within = value >= 0 && static_cast<std::uint64_t>(value) >= least &&
                      static_cast<std::uint64_t>(value) <= most;
  if (!is_zero && !within) return shown(node) + " is out of bounds" + wanted;
  out = static_cast<std::uint64_t>(value);
  return {};
}

Complaint read_size(const toml::node& node, std::uint64_t least, std::uint64_t most,
                    std::string_view zero_means, std::uint64_t& out) {
  std::optional<std::uint64_t> size;
  if (const auto* number = node.as_integer()) {
    if (number->get() >= 0) size = static_cast<std::uint64_t>(number->get());
  } else if (const auto* text = node.as_string()) {
    size = parse_size(text->get());
  }
  if (!size) {
    return shown(node) + " is not a size; give \"64KiB\", \"1MiB\", \"10GiB\" or a number of bytes";
  }
  if (*size == 0 && !zero_means.empty()) {
    out = 0;
    return {};
  }
  if (*size < least || *size > most) {
    std::string wanted = shown(node) + " is out of bounds; give one from " + format_size(least) +
                         " to " + format_size(most);
    if (!zero_means.empty()) wanted += ", or 0 for " + std::string(zero_means);
    return wanted;
  }
  out = *size;
  return {};
}

Complaint read_duration(const toml::node& node, std::chrono::milliseconds least,
                        std::chrono::milliseconds most, std::chrono::milliseconds& out) {
  std::optional<std::chrono::milliseconds> duration;
  if (const auto* text = node.as_string()) duration = parse_duration(text->get());
  if (const auto* number = node.as_integer(); number != nullptr && number->get() == 0) {
    duration = std::chrono::milliseconds(0);
  }
  if (!duration) {
    return shown(node) + " is not a duration; give \"250ms\", \"10s\", \"5m\" or \"24h\"";
  }
  if (*duration < least || *duration > most) {
    return shown(node) + " is out of bounds; give one from " + format_duration(least) + " to " +
           format_duration(most);
  }
  out = *duration;
  return {};
}

Complaint read_hidden_text(const toml::node& node, std::string& out) {
  if (!node.is_string()) return "is not a string; give one in quotes";
  return read_text(node, out);
}

ValueFault read_hidden_texts(const toml::node& node, std::vector<std::string>& out,
                             const ReadEntry& read_entry) {
  const auto* array = node.as_array();
  if (array == nullptr) {
    return Complaint("is not an array of strings; give [\"…\", \"…\"], or [] for none");
  }
  return read_entries(*array, out, read_entry);
}

}  // namespace tonearm::app
