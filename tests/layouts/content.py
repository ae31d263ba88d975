"""Invented projects, with faults in them: what the forms of the families are filled with.

An indicator is written ``一级|二级|三级|符号|指标值|单位|实际|分值|得分|原因``.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from .paper import Planted

TERMS = ("level_1", "level_2", "level_3", "operator", "target", "unit", "actual", "weight", "score",
         "variance_explanation")  # fmt: skip
FUND_TERMS = ("initial_budget", "annual_budget", "executed_amount", "weight", "execution_rate", "score")


@dataclass(frozen=True)
class Project:
    """``funds`` by source: 年初, 全年, 执行 (and for the total 分值, 执行率, 得分)."""

    year: int
    project_name: str
    supervising_department: str
    implementing_unit: str
    funds: dict[str, tuple[str, ...]]
    expected_goal: str
    actual_result: str
    rows: tuple[str, ...]
    total_score: str
    total_weight: str = "100"
    faults: tuple[Planted, ...] = field(default=())

    def fund(self, source: str) -> dict[str, str]:
        """The figures of a fund line by term."""
        return dict(zip(FUND_TERMS, self.funds[source], strict=False))

    def split(self) -> list[dict[str, str]]:
        """The indicators, with operator and unit on their own."""
        return [dict(zip(TERMS, row.split("|"), strict=True)) for row in self.rows]

    def glued(self) -> list[dict[str, str]]:
        """The indicators as most forms print them: ``≥1200盏``, ``1235盏``."""
        rows = []
        for row in self.split():
            operator, unit = row.pop("operator"), row.pop("unit")
            if operator != "定性":
                row["target"] = f"{operator}{row['target']}{unit}"
                row["actual"] += unit if row["actual"] else ""
            rows.append(row)
        return rows


LIGHTS = Project(
    year=2022,
    project_name="城区道路照明节能改造",
    supervising_department="临江市城市管理局",
    implementing_unit="临江市照明管理中心",
    funds={
        "total": ("860.50", "812.35", "790.16", "10", "97.27%", "9.73"),
        "appropriation": ("700.50", "652.35", "640.16"),
        "carryover": ("100.00", "101.00", "95.50"),
        "other": ("60.00", "59.00", "54.50"),
    },
    expected_goal="完成18条道路1200盏路灯的节能改造，全年节约电费85万元，改善居民夜间出行条件。",
    actual_result="全年更换节能灯具1235盏，改造道路15条，节约电费91.4万元；另有3条道路因管线迁改推迟到下年。",
    rows=(
        "产出指标|数量指标|更换节能灯具数量|≥|1200|盏|1235|11|11|",
        "产出指标|数量指标|改造道路条数|≥|18|条|15|8|8|",
        "产出指标|质量指标|灯具安装合格率|≥|98|%|99.2|9|9|",
        "产出指标|时效指标|平均故障修复时间|≤|24|小时|21.5|12|12|",
        "产出指标|成本指标|单盏改造成本|≤|3200|元|3050|10|10|",
        "效益指标|经济效益指标|年节约电费|≥|85|万元|91.4|13|13|",
        "效益指标|社会效益指标|夜间出行条件|定性|明显改善||基本改善|7|5.6|部分路段改造推迟，下一步加强管线迁改协调。",
        "效益指标|生态效益指标|年节电量|≥|62|万千瓦时|64.3|6|6|",
        "效益指标|可持续影响指标|设施管护机制|定性|健全||已建立|4|4|",
        "满意度指标|服务对象满意度指标|沿线居民满意度|≥|90|%|92.6|10|9.6|",
    ),
    total_score="98.93",
    faults=(
        Planted("S15", "indicators.1.score"),
        Planted("D02", "indicators.1.variance_explanation"),
        Planted("D01", "indicators.9.variance_explanation"),
        Planted("T01", "total_score"),
    ),
)

CARE = Project(
    year=2023,
    project_name="社区居家养老服务补助",
    supervising_department="青浦岭县民政局",
    implementing_unit="青浦岭县养老服务指导中心",
    funds={
        "total": ("423.80", "396.40", "371.26", "10", "93.66%", "9.50"),
        "appropriation": ("380.80", "353.40", "333.26"),
        "carryover": ("28.00", "27.00", "23.40"),
        "other": ("15.00", "16.00", "14.60"),
    },
    expected_goal="为2600名老人提供居家养老服务，新建助餐点14个，服务质量达标。",
    actual_result="服务老人2714人，建成助餐点14个，家庭养老床位按计划投用，老人及家属评价良好。",
    rows=(
        "产出指标|数量指标|服务老人数|≥|2600|人|2714|12|12|",
        "产出指标|数量指标|新建助餐点|=|14|个|14|8|8.5|",
        "产出指标|质量指标|服务人员持证率|≥|88|%|86|15|14.66|个别站点人员流动大，下一步集中补训。",
        "产出指标|时效指标|补助发放及时率|≥|97|%|98.5|11|11|",
        "产出指标|成本指标|人均补助标准|≤|1350|元|1327|4|4|",
        "效益指标|社会效益指标|独居老人探访覆盖率|≥|93|%|95.1|18|18|",
        "效益指标|可持续影响指标|服务制度建设|定性|完善||基本完善|12.5|10|制度尚在修订，将于明年一季度完善。",
        "满意度指标|服务对象满意度指标|老人及家属满意度|≥|91|%|94.7|9.5|9.5|",
    ),
    total_score="97.16",
    faults=(
        Planted("X04", "funds.total.score"),
        Planted("S03", "indicators.1.score"),
    ),
)

WATER = Project(
    year=2023,
    project_name="农村饮用水水质监测",
    supervising_department="石桥县水利局",
    implementing_unit="石桥县农村供水总站",
    funds={
        "total": ("152.60", "148.20", "141.05", "10", "95.18%", "9.52"),
        "appropriation": ("120.00", "115.30", "112.45"),
        "carryover": ("22.60", "20.90", "19.20"),
        "other": ("10.00", "12.00", "9.40"),
    },
    expected_goal="对186处供水点开展水质监测，水样4460份，及时公布结果，保障农村饮水安全。",
    actual_result="监测供水点186处，检测水样4518份，合格率97.4%，结果按季公布。",
    rows=(
        "产出指标|数量指标|监测供水点数|≥|186|处|186.0|14|14|",
        "产出指标|数量指标|检测水样数|≥|4460|份|4518|13|13|",
        "产出指标|质量指标|检测报告合格率|≥|99|%|99.6|12|12|",
        "产出指标|时效指标|结果公布及时率|≥|96|%|72|11|11|",
        "效益指标|社会效益指标|受益农村人口|≥|21.5|万人|22.3|16|16|",
        "效益指标|生态效益指标|水源地巡查次数|≥|48|次||7|7|",
        "效益指标|可持续影响指标|监测网络运行|定性|稳定||运行稳定|8.5|8.5|",
        "满意度指标|服务对象满意度指标|用水户满意度|≥|87|%|89.9|8.5|8.5|",
    ),
    total_score="99.52",
    faults=(
        Planted("S15", "indicators.3.score"),
        Planted("V01", "indicators.5.actual"),
    ),
)

LIBRARY = Project(
    year=2024,
    project_name="公共图书馆免费开放",
    supervising_department="云岭区文化和旅游局",
    implementing_unit="云岭区图书馆",
    funds={
        "total": ("233.10", "241.70", "239.92", "10", "99.26%", "9.93"),
        "appropriation": ("190.10", "196.20", "195.02"),
        "carryover": ("31.00", "33.50", "33.40"),
        "other": ("11.00", "12.00", "11.50"),
    },
    expected_goal="全年免费开放不少于310天，接待读者46万人次，举办阅读推广活动120场。",
    actual_result="全年开放316天，接待读者48.2万人次，举办活动131场，新增图书2.6万册。",
    rows=(
        "产出指标|数量指标|全年开放天数|≥|310|天|316|12|12|",
        "产出指标|数量指标|阅读推广活动场次|≥|120|场|131|13|13|",
        "产出指标|质量指标|图书借阅设备完好率|≥|95|%|96.3|14|14|",
        "产出指标|时效指标|新书上架及时率|≥|94|%|88|11|10.3|新书编目外包衔接不畅，改进交接流程。",
        "效益指标|社会效益指标|接待读者人次|≥|46|万人次|48.2|17|17|",
        "效益指标|可持续影响指标|总分馆体系建设|定性|健全||基本健全|13.5|11.8|分馆人员不足，下一步补充编外馆员。",
        "满意度指标|服务对象满意度指标|读者满意度|≥|92|%|93.8|9.5|9.5|",
    ),
    total_score="97.53",
    faults=(Planted("M01", "funds.total.initial_budget"),),
)

RIVER = Project(
    year=2023,
    project_name="河道保洁与水草打捞",
    supervising_department="望海市水务局",
    implementing_unit="望海市河道管理所",
    funds={
        "total": ("518.40", "502.75", "497.31", "10", "98.92%", "9.89"),
        "appropriation": ("468.40", "452.75", "449.01"),
        "carryover": ("36.00", "37.00", "36.20"),
        "other": ("14.00", "13.00", "12.10"),
    },
    expected_goal="对63条河道常年保洁，打捞水草9200吨，河面整洁，居民满意。",
    actual_result="保洁河道63条，打捞水草9475吨，清理漂浮物1180吨，汛期保障有力。",
    rows=(
        "产出指标|数量指标|保洁河道条数|=|63|条|63|12|12|",
        "产出指标|数量指标|打捞水草重量|≥|9200|吨|9475|14|14|",
        "产出指标|质量指标|河面保洁达标率|≥|92|%|90|13|12.72|汛期漂浮物集中，下一步增加打捞班次。",
        "产出指标|时效指标|应急打捞响应时间|≤|4|小时|5|11|11|",
        "效益指标|生态效益指标|水质优良断面比例|≥|83|%|85.7|16|16|",
        "效益指标|可持续影响指标|长效保洁机制|定性|完善||已落实|14|14|",
        "满意度指标|服务对象满意度指标|沿河居民满意度|≥|86|%|88.4|10|10|",
    ),
    total_score="96.61",
    faults=(
        Planted("S06", "indicators.3.score"),
        Planted("T01", "total_score"),
    ),
)
PROJECTS = (LIGHTS, CARE, WATER, LIBRARY, RIVER)
