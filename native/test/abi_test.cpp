#include "check.hpp"
#include "corral.h"

#include <map>
#include <string>
#include <vector>

TEST("the version names llama.cpp") {
    CHECK_FOUND(std::string(corral_version()).rfind("llama.cpp ", 0) == 0, corral_version());
}

TEST("every struct has a size and the offset of its last field, within it") {
    const int32_t count = corral_layouts(nullptr, 0);
    std::vector<corral_layout> layouts(count);
    CHECK(corral_layouts(layouts.data(), count) == count);

    std::map<std::string, int64_t> sizes;
    for (const corral_layout &layout : layouts) {
        const std::string name = layout.name;
        const size_t dot = name.find('.');
        if (dot == std::string::npos) {
            sizes[name] = layout.value;
        } else {
            CHECK_FOUND(sizes.count(name.substr(0, dot)) == 1, name);
            CHECK_FOUND(layout.value >= 0 && layout.value < sizes[name.substr(0, dot)], name);
        }
    }
    CHECK(sizes["llama_batch"] == sizeof(llama_batch));
    CHECK(sizes["corral_row"] == sizeof(corral_row));
    CHECK(sizes.size() * 2 == layouts.size());
}

TEST("no more layouts are written than there is room for") {
    corral_layout layouts[2] = {{nullptr, 0}, {nullptr, 7}};
    CHECK(corral_layouts(layouts, 1) > 1);
    CHECK(layouts[0].name != nullptr);
    CHECK(layouts[1].name == nullptr && layouts[1].value == 7);
}

TEST("a flag is raised when it is not 0") {
    int32_t flag = 0;
    CHECK(!corral_is_raised(&flag));
    flag = 1;
    CHECK(corral_is_raised(&flag));
}
