#include "app/suggestions.h"

#include "tonearm/base/ascii.h"

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <utility>

namespace tonearm::app {
namespace {

/// Levenshtein's distance, where two neighbours that have changed places are one edit.
std::size_t edits(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before_last;
  std::vector<std::size_t> last;
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), 0U);
  for (std::size_t i = 1; i <= a.size(); ++i) {
    before_last = std::exchange(last, row);
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({replaced, last[j] + 1, row[j - 1] + 1});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        row[j] = std::min(row[j], before_last[j - 2] + 1);
      }
    }
  }
  return row.back();
}

std::string_view last_part(std::string_view name) { return name.substr(name.rfind('.') + 1); }

bool is_near(std::string_view wrong, std::string_view name) {
  constexpr std::size_t telling = 3;  // Characters that do not begin alike by chance.
  const std::size_t shorter = std::min(wrong.size(), name.size());
  if (shorter >= telling && wrong.substr(0, shorter) == name.substr(0, shorter)) return true;
  const std::size_t longer = std::max(wrong.size(), name.size());
  return edits(wrong, name) <= std::max<std::size_t>(1, longer / 3);
}

}  // namespace

std::optional<std::string> nearest(std::string_view text, const std::vector<std::string>& names) {
  const std::string wrong = to_lower(text);  // as all names are
  std::optional<std::string> best;
  for (const std::string& name : names) {
    if (!is_near(last_part(wrong), last_part(name))) continue;
    if (!best || edits(wrong, name) < edits(wrong, *best)) best = name;
  }
  return best;
}

std::string enumerated(const std::vector<std::string>& names) {
  std::string text;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (i > 0) text += i + 1 == names.size() ? " and " : ", ";
    text += names[i];
  }
  return text;
}

}  // namespace tonearm::app
