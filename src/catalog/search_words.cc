#include "catalog/search_words.h"

#include "catalog/sqlite_handles.h"

#include <algorithm>
#include <array>

namespace tonearm::catalog {
namespace {

constexpr std::size_t most_words = 32;

/// As SQLite hands its full-text interface out: through a pointer bound to a statement.
fts5_api* full_text(sqlite3* connection) {
  fts5_api* api = nullptr;
  const auto statement = prepare(connection, "SELECT fts5(?1)");
  if (!statement) return nullptr;
  sqlite3_bind_pointer(statement.get(), 1, static_cast<void*>(&api), "fts5_api_ptr", nullptr);
  sqlite3_step(statement.get());
  return api;
}

int add_word(void* context, int, const char* word, int size, int, int) {
  static_cast<std::vector<std::string>*>(context)->emplace_back(word,
                                                                static_cast<std::size_t>(size));
  return SQLITE_OK;
}

struct Search {
  const std::vector<std::string>& wanted;
  std::array<bool, most_words> found{};
  std::size_t missing = 0;
};

int look_for(void* context, int, const char* bytes, int size, int, int) {
  auto& search = *static_cast<Search*>(context);
  const std::string_view word(bytes, static_cast<std::size_t>(size));
  for (std::size_t i = 0; i < search.wanted.size(); ++i) {
    if (search.found[i] || !word.starts_with(search.wanted[i])) continue;
    search.found[i] = true;
    --search.missing;
  }
  return search.missing == 0 ? SQLITE_DONE : SQLITE_OK;
}

}  // namespace

WordFolder::WordFolder(fts5_tokenizer methods, Fts5Tokenizer* tokenizer)
    : methods_(methods), tokenizer_(tokenizer, Delete{methods.xDelete}) {}

Result<WordFolder> WordFolder::make(sqlite3* connection, const std::string& path) {
  fts5_api* const api = full_text(connection);
  void* context = nullptr;
  fts5_tokenizer methods{};
  Fts5Tokenizer* made = nullptr;
  std::array<const char*, 2> options{"remove_diacritics", "2"};
  if (api == nullptr || api->xFindTokenizer(api, "unicode61", &context, &methods) != SQLITE_OK ||
      methods.xCreate(context, options.data(), static_cast<int>(options.size()), &made) !=
          SQLITE_OK) {
    return unavailable(path, "cannot be searched: this SQLite comes without FTS5");
  }
  return WordFolder(methods, made);
}

void WordFolder::visit(std::string_view text, void* context, Visitor visitor) const {
  methods_.xTokenize(tokenizer_.get(), context, FTS5_TOKENIZE_DOCUMENT, text.data(),
                     static_cast<int>(text.size()), visitor);
}

std::vector<std::string> WordFolder::words(std::string_view text) const {
  std::vector<std::string> found;
  visit(text, &found, &add_word);
  return found;
}

bool WordFolder::matches(std::string_view text, const std::vector<std::string>& wanted) const {
  Search search{wanted, {}, wanted.size()};
  visit(text, &search, &look_for);
  return search.missing == 0;
}

std::vector<std::string> wanted_words(const WordFolder& folder, std::string_view typed) {
  std::vector<std::string> wanted = folder.words(typed);
  std::ranges::sort(wanted);
  const auto repeated = std::ranges::unique(wanted);
  wanted.erase(repeated.begin(), repeated.end());
  if (wanted.size() > most_words) wanted.resize(most_words);
  return wanted;
}

std::string match_expression(const std::vector<std::string>& wanted) {
  std::string expression;
  for (const std::string& word : wanted) {
    if (!expression.empty()) expression += ' ';
    expression += '"' + word + "\"*";  // a word holds no quotes
  }
  return expression;
}

bool is_blank(std::string_view typed) {
  return typed.find_first_not_of(" \t\r\n\f\v") == std::string_view::npos;
}

}  // namespace tonearm::catalog
